import { defaultResources, type SandboxSpec } from '@caisson/core'
import { type Broken, changeProcesses, changeResult, changeSandbox, changeSpec, scriptOf } from './wrap.ts'

/** Takes one limit out of every spec. */
const without = (name: keyof NonNullable<SandboxSpec['resources']>) =>
  changeSpec((spec) => {
    if (spec.resources?.[name] === undefined || spec.resources[name] === 1) return spec
    return { ...spec, resources: { ...spec.resources, [name]: defaultResources[name] } }
  })

export const brokenLimits: readonly Broken[] = [
  {
    name: 'tells a time limit as exit code 124',
    breaks: [
      'limits.timeout',
      'limits.timeout-tree',
      'limits.timeout-partial',
      'limits.timeout-first-cause',
      'limits.timeout-unattended',
    ],
    change: changeResult((result) =>
      result.outcome.kind === 'timed-out' ? { ...result, outcome: { kind: 'exited', code: 124 } } : result,
    ),
  },
  {
    name: 'lets the process have the last word on its time limit',
    breaks: ['limits.timeout-first-cause'],
    change: changeProcesses((processes) => ({
      spawn: async (spec, options) => {
        if (!scriptOf(spec).startsWith('trap "exit 0"')) return await processes.spawn(spec, options)
        const process = await processes.spawn({ ...spec, timeoutMs: undefined }, options)
        setTimeout(() => void process.signal('SIGTERM'), spec.timeoutMs)
        return process
      },
    })),
  },
  {
    name: 'leaves children behind at the time limit',
    breaks: ['limits.timeout-tree'],
    change: changeProcesses((processes) => ({
      spawn: async (spec, options) => {
        if (spec.timeoutMs !== 1500) return await processes.spawn(spec, options)
        const process = await processes.spawn({ ...spec, timeoutMs: undefined }, options)
        const late = Promise.withResolvers<void>()
        setTimeout(() => late.resolve(), spec.timeoutMs)
        const kill = async () => {
          await late.promise
          const argv = ['kill', '-KILL', String(process.pid)] as const
          await (await processes.spawn({ argv })).wait()
        }
        const killing = kill()
        return {
          ...process,
          wait: async (waitOptions) => {
            await killing
            return { ...(await process.wait(waitOptions)), outcome: { kind: 'timed-out' } }
          },
        }
      },
    })),
  },
  {
    name: 'tells out of memory as a kill',
    breaks: ['limits.memory'],
    change: changeResult((result) =>
      result.outcome.kind === 'out-of-memory'
        ? { ...result, outcome: { kind: 'signaled', signal: 'SIGKILL' } }
        : result,
    ),
  },
  {
    name: 'tells every kill after a lack of memory as another one',
    breaks: ['limits.memory-survives'],
    change: changeSandbox(({ processes }) => {
      let before = false
      return {
        processes: {
          ...processes,
          spawn: async (spec, options) => {
            const process = await processes.spawn(spec, options)
            return {
              ...process,
              wait: async (waitOptions) => {
                const result = await process.wait(waitOptions)
                before ||= result.outcome.kind === 'out-of-memory'
                const killed = result.outcome.kind === 'signaled' && result.outcome.signal === 'SIGKILL'
                return before && killed ? { ...result, outcome: { kind: 'out-of-memory' } } : result
              },
            }
          },
        },
      }
    }),
  },
  { name: 'does not hold the CPUs', breaks: ['limits.cpus'], change: without('cpus') },
  {
    name: 'accepts a limit that it does not declare',
    breaks: ['limits.unsupported'],
    options: { without: ['disk'] },
    change: changeSpec((spec) => {
      const { diskBytes: _, ...resources } = spec.resources ?? {}
      return { ...spec, resources }
    }),
  },
]
