import { z } from 'zod'
import { type Finding, good, poor } from './finding.ts'
import type { Machine } from './machine.ts'

const versionSchema = z.object({ Version: z.string().max(100), ApiVersion: z.string().max(20) })

/** The container engines that adapters would use. Neither is needed. */
export async function examineEngines(
  machine: Machine,
  addresses: { readonly docker: string; readonly podman: string },
): Promise<readonly Finding[]> {
  return await Promise.all([engine(machine, 'docker', addresses.docker), engine(machine, 'podman', addresses.podman)])
}

async function engine(machine: Machine, name: 'docker' | 'podman', address: string): Promise<Finding> {
  const variable = name === 'docker' ? 'DOCKER_HOST' : 'CAISSON_PODMAN_HOST'
  const [, socketPath] = /^unix:\/\/(\/.+)$/.exec(address) ?? []
  if (socketPath === undefined) {
    return good('engines', name, `at ${address}, which is asked only by the service`)
  }
  const start = `sh infra/provision/${name}.sh start, and set ${variable} to what it answers`
  if (!(await machine.isThere(socketPath))) return poor('engines', name, `no engine at ${socketPath}`, start)
  if (!(await machine.isThere(socketPath, 'read-write'))) {
    return poor('engines', name, `${socketPath} is closed to this user`, `sudo usermod --append --groups ${name} $USER`)
  }
  const answer = await machine.ask({ socketPath }, '/version')
  const parsed = versionSchema.safeParse(parseJson(answer))
  if (!parsed.success) return poor('engines', name, `nothing answers at ${socketPath}`, start)
  return good('engines', name, `${parsed.data.Version} (API ${parsed.data.ApiVersion}) at ${socketPath}`)
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
