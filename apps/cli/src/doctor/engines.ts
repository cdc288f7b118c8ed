import { z } from 'zod'
import { type Finding, good, poor } from './finding.ts'
import type { Machine } from './machine.ts'

const versionSchema = z.object({ Version: z.string().max(100), ApiVersion: z.string().max(20) })

/** Where engines are asked for, as the variables say. */
export interface EngineAddresses {
  readonly docker: string
  readonly podman: string
  /** Folder with `ca.pem`, `cert.pem` and `key.pem`, for engines behind TLS. */
  readonly certificates: string | undefined
}

const variables = { docker: 'DOCKER_HOST', podman: 'CAISSON_PODMAN_HOST' } as const
type EngineName = keyof typeof variables

/** The container engines that adapters would use. Neither is needed. */
export async function examineEngines(machine: Machine, addresses: EngineAddresses): Promise<readonly Finding[]> {
  const names = ['docker', 'podman'] as const
  return await Promise.all(
    names.map(async (name) => {
      const address = addresses[name]
      const [, socketPath] = /^unix:\/\/(\/.+)$/.exec(address) ?? []
      if (socketPath !== undefined) return await nearEngine(machine, name, socketPath)
      const url = /^tcp:\/\/[^/]+\/?$/.test(address) && URL.canParse(address) ? new URL(address) : undefined
      if (url !== undefined && url.port !== '') return await farEngine(machine, name, url, addresses.certificates)
      // Its keys are the service's: how it fares stands with the service's adapters.
      if (address.startsWith('ssh://')) return good('engines', name, `at ${address}, which only the service asks`)
      const remedy = `set ${variables[name]} to unix:///path/of/a.sock tcp://host:port or ssh://user@host`
      return poor('engines', name, `${address} is no address of an engine`, remedy)
    }),
  )
}

async function nearEngine(machine: Machine, name: EngineName, socketPath: string): Promise<Finding> {
  const start = `sh infra/provision/${name}.sh start, and set ${variables[name]} to what it answers`
  if (!(await machine.isThere(socketPath))) return poor('engines', name, `no engine at ${socketPath}`, start)
  if (!(await machine.isThere(socketPath, 'read-write'))) {
    return poor('engines', name, `${socketPath} is closed to this user`, `sudo usermod --append --groups ${name} $USER`)
  }
  return told(name, socketPath, await machine.ask({ socketPath }, '/version'), start)
}

async function farEngine(
  machine: Machine,
  name: EngineName,
  { hostname: host, port, href }: URL,
  certificates: string | undefined,
): Promise<Finding> {
  const remedy =
    certificates === undefined
      ? `see that it runs and this machine reaches it; behind TLS it wants DOCKER_CERT_PATH`
      : `see that it runs, this machine reaches it, and the certificates in ${certificates} are of both sides`
  return told(name, href, await machine.ask({ host, port: Number(port), certificates }, '/version'), remedy)
}

function told(name: EngineName, where: string, answer: string | undefined, remedy: string): Finding {
  const parsed = versionSchema.safeParse(parseJson(answer))
  if (!parsed.success) return poor('engines', name, `no engine answers at ${where}`, remedy)
  return good('engines', name, `${parsed.data.Version} (API ${parsed.data.ApiVersion}) at ${where}`)
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
