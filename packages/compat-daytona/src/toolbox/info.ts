import { environmentSchema, isSandboxError } from '@caisson/core'
import type {
  IsPortInUseResponse,
  PortList,
  SystemMetrics,
  UpdateEnvRequest,
  UserHomeDirResponse,
  WorkDirResponse,
} from '@daytona/toolbox-api-client'
import { z } from 'zod'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { bodyOf, parse } from '../http/body.ts'
import { ok } from '../http/call.ts'
import { readEnv, sealEnv } from '../sandboxes/env.ts'
import { sampleOf } from '../sandboxes/metrics.ts'
import type { ToolboxHandle } from './call.ts'
import { run } from './process/run.ts'

export const readHome: ToolboxHandle<UserHomeDirResponse> = async ({ entry }) => ok({ dir: (await entry.facts()).home })

/** Where programs start that do not say. */
export const readWorkDir: ToolboxHandle<WorkDirResponse> = async ({ entry }) =>
  ok({ dir: (await entry.facts()).workdir })

export const readMetrics: ToolboxHandle<SystemMetrics> = async ({ entry, record }) => ok(await sampleOf(entry, record))

const namesSchema = z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/)).max(1000)
const envBody = bodyOf<UpdateEnvRequest>()({
  set: environmentSchema.optional(),
  unset: namesSchema.optional(),
  unsetValuePrefix: z.string().min(1).optional(),
})

/** `POST /env`: for programs that start from now on. */
export function updateEnv({ registry, tokens }: Services): ToolboxHandle<never> {
  return async ({ record: { id }, json }) => {
    const { set = {}, unset = [], unsetValuePrefix } = parse(envBody, await json())
    await registry.alone(id, async () => {
      const record = await registry.findAny(id)
      if (record === undefined) throw new DaytonaError(404, `sandbox ${id} not found`)
      const env = changedEnv(record, { set, unset, unsetValuePrefix })
      await registry.save(record, { env: sealEnv(env, tokens) })
    })
    return { status: 200 }
  }

  function changedEnv(
    record: Parameters<typeof registry.save>[0],
    change: { set: Record<string, string>; unset: string[]; unsetValuePrefix: string | undefined },
  ) {
    const env = readEnv(record.env, tokens)
    const prefixed = Object.entries({ ...env.created, ...env.set })
      .filter(([, value]) => change.unsetValuePrefix !== undefined && value.startsWith(change.unsetValuePrefix))
      .map(([name]) => name)
    const gone = new Set([...env.unset, ...prefixed, ...change.unset])
    for (const name of Object.keys(change.set)) gone.delete(name)
    const set = Object.entries({ ...env.set, ...change.set }).filter(([name]) => !gone.has(name))
    return { created: env.created, set: Object.fromEntries(set), unset: [...gone] }
  }
}

const listening = '0A'
const firstPort = 1024

/** The ports on which programs of the sandbox listen. */
export const readPorts: ToolboxHandle<PortList> = async (call) => {
  const { stdout } = await run(call, { argv: ['sh', '-c', 'cat /proc/net/tcp /proc/net/tcp6 2>/dev/null'] })
  const ports = stdout.split('\n').flatMap((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/)
    const port = Number.parseInt(local.split(':')[1] ?? '', 16)
    return state === listening && port >= firstPort ? [port] : []
  })
  return ok({ ports: [...new Set(ports)].toSorted((left, right) => left - right) })
}

export const readPortInUse: ToolboxHandle<IsPortInUseResponse> = async ({ entry, parts }) => {
  const port = parse(z.coerce.number().int().min(1).max(65_535), parts[0])
  const { ports, adapter } = entry.sandbox
  if (ports === undefined) throw new DaytonaError(400, `sandboxes of ${adapter} have no ports`)
  try {
    const { readable, writable } = await ports.connect(port)
    await Promise.all([readable.cancel(), writable.abort()])
    return ok({ isInUse: true })
  } catch (error) {
    if (isSandboxError(error) && error.code === 'unavailable') return ok({ isInUse: false })
    throw error
  }
}
