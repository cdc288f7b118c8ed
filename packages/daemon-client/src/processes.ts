import { type Processes, type ProcessSpec, SandboxError } from '@caisson/core'
import { listResponseSchema, procedures, type StartRequest } from '@caisson/wire-e2b'
import type { DaemonCalls } from './daemon-calls.ts'
import { launch } from './launches.ts'
import { type Line, longestLaunch } from './line.ts'
import { connectToProcess, openProcessStream } from './output-source.ts'
import { createProcessHandle } from './process-handle.ts'

export function createProcesses(calls: DaemonCalls, line: Line): Processes {
  return {
    spawn: async (spec, options = {}) => {
      const { user } = spec
      const start = toStartRequest(spec, calls.adapter)
      const input = spec.terminal !== undefined ? 'pty' : spec.stdin === 'pipe' ? 'stdin' : undefined
      const started =
        input === undefined && lengthOf(spec) < longestLaunch
          ? await launch(line, calls.adapter, { user, start }, options)
          : await openProcessStream(calls, procedures.start, start, { ...options, user, subject: 'path' })
      return createProcessHandle(calls, { ...started, fromOffset: 0, input })
    },
    attach: async (process, { fromOffset = 0, ...options } = {}) => {
      const selector = typeof process === 'number' ? { pid: process } : { tag: process }
      const connected = await connectToProcess(calls, selector, fromOffset, options)
      return createProcessHandle(calls, { ...connected, fromOffset })
    },
    list: async (options = {}) => {
      const { processes } = await calls.unary(procedures.list, {}, listResponseSchema, {
        ...options,
        subject: 'process',
      })
      return processes.map(({ pid, tag, config: { cmd, args, cwd } }) => ({ pid, argv: [cmd, ...args], cwd, tag }))
    },
  }
}

/** All that its author chose. */
function textsOf({ argv, cwd = '', env = {} }: ProcessSpec): readonly string[] {
  return [...argv, cwd, ...Object.entries(env).flat()]
}

function lengthOf(spec: ProcessSpec): number {
  return textsOf(spec).reduce((length, text) => length + text.length, 0)
}

function toStartRequest(spec: ProcessSpec, adapter: string): StartRequest {
  const [cmd, ...args] = spec.argv
  if (cmd === '') throw new SandboxError('invalid-argument', adapter, 'the program has no name', { field: 'argv.0' })
  if (textsOf(spec).some((text) => text.includes('\0'))) {
    throw new SandboxError('invalid-argument', adapter, 'NUL cannot be part of an argument, a path or a variable', {
      field: 'argv',
    })
  }
  return {
    process: { cmd, args, envs: { ...spec.env }, ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }) },
    ...(spec.terminal === undefined
      ? {}
      : { pty: { size: { cols: spec.terminal.columns, rows: spec.terminal.rows } } }),
    ...(spec.tag === undefined ? {} : { tag: spec.tag }),
    stdin: spec.stdin === 'pipe',
    caisson: {
      ...(spec.timeoutMs === undefined ? {} : { timeoutMs: Math.ceil(spec.timeoutMs) }),
      ...(spec.outputLimitBytes === undefined ? {} : { outputLimitBytes: spec.outputLimitBytes }),
      ...(spec.journalBytes === undefined ? {} : { journalBytes: spec.journalBytes }),
    },
  }
}
