import { SandboxError, shellQuote } from '@caisson/core'
import {
  type Broken,
  changeProcess,
  changeProcesses,
  changeProcessSpec,
  changeResult,
  changeSandbox,
  scriptOf,
} from './wrap.ts'

export const brokenProcesses: readonly Broken[] = [
  {
    name: 'loses empty arguments',
    breaks: ['processes.argv-verbatim'],
    change: changeProcessSpec((spec) => {
      const [program, ...rest] = spec.argv
      return { ...spec, argv: [program, ...rest.filter((argument) => argument !== '')] }
    }),
  },
  {
    name: 'runs everything through a shell',
    breaks: ['processes.program-missing', 'processes.program-not-executable', 'errors.typed', 'errors.not-retryable'],
    change: changeProcessSpec((spec) =>
      spec.argv[0] === '/bin/sh' || spec.argv.some((word) => word.includes('\0'))
        ? spec
        : { ...spec, argv: ['/bin/sh', '-c', `exec ${spec.argv.map((word) => shellQuote(word)).join(' ')}`] },
    ),
  },
  {
    name: 'keeps the variables of earlier processes',
    breaks: ['processes.env-separate', 'processes.env-precedence'],
    change: changeSandbox(({ processes }) => {
      const kept: Record<string, string> = {}
      return {
        processes: {
          ...processes,
          spawn: async (spec, options) => {
            const { PATH: _, ...own } = spec.env ?? {}
            const env = { ...kept, ...spec.env }
            const process = await processes.spawn({ ...spec, env }, options)
            Object.assign(kept, own)
            return process
          },
        },
      }
    }),
  },
  {
    name: "gives its own environment to the sandbox's processes",
    breaks: ['isolation.host-environment'],
    change: changeProcessSpec((spec) => ({
      ...spec,
      env: {
        ...Object.fromEntries(
          Object.entries(process.env).flatMap(([name, value]) =>
            name.startsWith('CAISSON_CONFORMANCE_') && value !== undefined ? [[name, value]] : [],
          ),
        ),
        ...spec.env,
      },
    })),
  },
  {
    name: 'never ends the input of a process that has none',
    breaks: ['processes.stdin-none', 'attach.input'],
    change: changeProcesses((processes) => ({
      spawn: async (spec, options) => {
        if (spec.stdin === 'pipe' || spec.terminal !== undefined) return await processes.spawn(spec, options)
        const { stdin: _, ...process } = await processes.spawn({ ...spec, stdin: 'pipe' }, options)
        return process
      },
    })),
  },
  {
    name: 'makes an error of exit code 127',
    breaks: ['processes.exit-codes'],
    change: changeResult((result) => {
      if (result.outcome.kind !== 'exited' || result.outcome.code !== 127) return result
      throw new SandboxError('path-not-found', 'memory', 'command not found')
    }),
  },
  {
    name: 'sends signals to the leader of the group alone',
    breaks: ['processes.signal-group'],
    change: changeProcess((process, _, sandbox) => ({
      signal: async (signal, options) => {
        const kill = await sandbox.processes.spawn({ argv: ['kill', `-${signal}`, String(process.pid)] }, options)
        await kill.wait()
      },
    })),
  },
  {
    name: 'waits for background children',
    breaks: ['processes.background-child'],
    change: changeProcess((process, spec) => ({
      wait: async (options) => {
        const result = await process.wait(options)
        if (/^sleep \d+ & echo/.test(scriptOf(spec))) await new Promise((resolve) => setTimeout(resolve, 6000))
        return result
      },
    })),
  },
  {
    name: 'starts a process whose call was given up',
    breaks: ['cancellation.spawn-aborted'],
    change: changeProcesses((processes) => ({
      spawn: async (spec, options) => {
        if (options?.signal?.aborted !== true) return await processes.spawn(spec, options)
        await processes.spawn(spec)
        throw new SandboxError('cancelled', 'memory', 'given up')
      },
    })),
  },
]
