import {
  type Feature,
  type FileOptions,
  type Files,
  restrict,
  type Sandbox,
  SandboxError,
  type SandboxMetrics,
} from '@caisson/core'
import { createCode } from './code.ts'
import { createFiles, homeOf } from './files/files.ts'
import { createGuard, type Guard } from './guard.ts'
import { copyFiles, end, host, type Hosted, type Hosting, infoOf, pause, resume, setEnd } from './hosted.ts'
import { connectLocal } from './kernel/loopback.ts'
import { createProcesses, type Require } from './processes.ts'

export interface Offer {
  readonly has: (feature: Feature) => boolean
  readonly maxTtlMs: number
}

/** A handle for a sandbox of the world. */
export function createSandbox(hosting: Hosting, hosted: Hosted, offer: Offer): Sandbox {
  const { adapter, world, clock } = hosting
  const { machine } = hosted
  const guard = createGuard(adapter, { promise: hosted.gone.promise, is: () => hosted.gone.is })
  const require: Require = (feature, field) => {
    if (offer.has(feature)) return
    throw new SandboxError('unsupported', adapter, `this adapter does not offer ${feature}`, { field })
  }

  const processes = createProcesses(adapter, hosted, guard, require)

  const sandbox: Sandbox = {
    id: hosted.id,
    adapter,
    processes,
    files: guardFiles(adapter, hosted, guard, require),
    info: async (options) => await guard(options, () => infoOf(adapter, hosted)),
    extend: async (ttlMs, options) =>
      await guard(options, () => {
        if (!Number.isInteger(ttlMs) || ttlMs <= 0 || ttlMs > offer.maxTtlMs) {
          const text = `ttlMs must be a whole number from 1 to ${offer.maxTtlMs}`
          throw new SandboxError('invalid-argument', adapter, text, { field: 'ttlMs' })
        }
        setEnd(hosting, hosted, ttlMs)
        return infoOf(adapter, hosted)
      }),
    destroy: async (options) => await createGuard(adapter)(options, () => end(hosting, hosted)),
    detach: async () => await Promise.resolve(),
    restricted: () => restrict(sandbox),
    [Symbol.asyncDispose]: async () => {
      end(hosting, hosted)
      await Promise.resolve()
    },
    ...(offer.has('code') ? { code: createCode(adapter, hosted.contexts, processes, guard) } : {}),
    ...(offer.has('ports')
      ? {
          ports: {
            connect: async (port, options) => await guard(options, async () => await connectLocal(machine, port)),
          },
        }
      : {}),
    ...(offer.has('pause')
      ? {
          pause: async (options) => await guard(options, () => pause(hosted)),
          resume: async (options) => await guard(options, () => resume(hosted)),
        }
      : {}),
    ...(offer.has('metrics') ? { metrics: async (options) => await guard(options, () => measure(hosted)) } : {}),
    ...(offer.has('snapshot')
      ? {
          snapshot: async (name, options) =>
            await guard(options, () => {
              world.templates.set(name, copyFiles(hosted))
              return { template: name }
            }),
        }
      : {}),
    ...(offer.has('fork')
      ? {
          fork: async (count, overrides, options) =>
            await guard(options, () =>
              Array.from({ length: count }, () => {
                const spec = { ...hosted.spec, ttlMs: hosted.expiresAtMs - clock.now(), ...overrides }
                const copy = host(hosting, spec, hosted.template, copyFiles(hosted))
                return createSandbox(hosting, copy, offer)
              }),
            ),
        }
      : {}),
    ...(offer.has('set-egress')
      ? { setEgress: async (policy, options) => await guard(options, () => hosted.egress.replace(policy)) }
      : {}),
  }
  return sandbox
}

function guardFiles(adapter: string, hosted: Hosted, guard: Guard, require: Require): Files {
  const files = createFiles(hosted.machine, { user: 'user', cwd: homeOf('user') })
  const check = (options: FileOptions | undefined): void => {
    if (options?.user === undefined) return
    require('users', 'user')
    if (options.user === 'user' || options.user === 'root') return
    throw new SandboxError('invalid-argument', adapter, `no user ${options.user}`, { field: 'user' })
  }
  const run = async <Result>(options: FileOptions | undefined, work: () => Promise<Result>): Promise<Result> =>
    await guard(options, async () => {
      check(options)
      return await work()
    })
  return {
    read: async (path, options) => await run(options, async () => await files.read(path, options)),
    write: async (path, data, options) => await run(options, async () => await files.write(path, data, options)),
    stat: async (path, options) => await run(options, async () => await files.stat(path, options)),
    list: async (path, options) => await run(options, async () => await files.list(path, options)),
    makeDirectory: async (path, options) => await run(options, async () => await files.makeDirectory(path, options)),
    move: async (from, to, options) => await run(options, async () => await files.move(from, to, options)),
    remove: async (path, options) => await run(options, async () => await files.remove(path, options)),
    watch: async (path, options) =>
      await run(options, async () => {
        require('watch', 'path')
        return await files.watch(path, options)
      }),
  }
}

function measure(hosted: Hosted): SandboxMetrics {
  const { machine } = hosted
  return {
    atMs: machine.clock.now(),
    cpuMs: Math.round(machine.cpuMs),
    memoryBytes: machine.memoryBytes,
    memoryLimitBytes: machine.limits.memoryBytes,
    diskBytes: machine.files.usedBytes,
    diskLimitBytes: machine.files.limitBytes,
    pids: machine.tasks.size,
  }
}
