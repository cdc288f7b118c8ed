import type { Finding } from './finding.ts'
import { type EngineAddresses, examineEngines } from './engines.ts'
import { examineKernel } from './kernel.ts'
import { examineKeys } from './keys.ts'
import { examineLimits } from './limits.ts'
import type { Machine } from './machine.ts'
import { examineDisk, examinePort } from './places.ts'
import { examinePrograms } from './programs.ts'
import { examineRuntimes } from './runtimes.ts'
import type { ServiceReport } from './service.ts'

/** What the checks need to know of the configuration. */
export interface Examined {
  readonly engines: EngineAddresses
  readonly places: readonly { readonly what: string; readonly path: string }[]
  readonly port: number
  readonly keys: Parameters<typeof examineKeys>[0]
}

/** Everything, in the order in which it is shown. What this machine lacks is no failure while a service is there to do the work. */
export async function examine(
  machine: Machine,
  examined: Examined,
  service: Promise<ServiceReport>,
): Promise<readonly Finding[]> {
  const [{ findings, isUsable }, ...own] = await Promise.all([
    service,
    examineRuntimes(machine),
    examineKernel(machine),
    examineLimits(machine),
    examineEngines(machine, examined.engines),
    examinePrograms(machine),
    examineDisk(machine, examined.places),
    examinePort(machine, examined.port).then((finding) => [finding]),
  ])
  const all: readonly Finding[] = [...findings, ...own.flat(), ...examineKeys(examined.keys)]
  if (!isUsable) return all
  return all.map(soften)
}

function soften({ area, what, state, detail, remedy }: Finding): Finding {
  return { area, what, state: state === 'bad' && area !== 'service' ? 'poor' : state, detail, remedy }
}
