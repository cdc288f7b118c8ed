import type { Transformer } from 'node:stream/web'
import { decodeText, encodeText, type OutputChunk, SandboxError } from '@caisson/core'
import { type Broken, type Change, changeProcess, changeProcesses, changeProcessSpec, scriptOf } from './wrap.ts'

/** Sends every piece of output through a transformation. */
const changeOutput = (transformer: (script: string) => Transformer<OutputChunk, OutputChunk>): Change =>
  changeProcess((process, spec) => {
    let output: ReadableStream<OutputChunk> | undefined
    return {
      get output() {
        return (output ??= process.output.pipeThrough(new TransformStream(transformer(scriptOf(spec)))))
      },
    }
  })

export const brokenStreams: readonly Broken[] = [
  {
    name: 'merges standard error into standard output',
    breaks: ['streams.separate', 'streams.total'],
    change: changeOutput(() => ({
      transform: (chunk, controller) =>
        controller.enqueue(chunk.stream === 'stderr' ? { ...chunk, stream: 'stdout' } : chunk),
    })),
  },
  {
    name: 'loses a last line without a newline',
    breaks: ['streams.last-words'],
    change: changeOutput((script) => ({
      transform: (chunk, controller) => {
        if (!script.includes('echo first') || decodeText(chunk.bytes).endsWith('\n')) controller.enqueue(chunk)
      },
    })),
  },
  {
    name: 'holds output back until the end',
    breaks: ['streams.early'],
    change: changeOutput((script) => {
      const held: OutputChunk[] = []
      return {
        transform: (chunk, controller) => {
          if (script.endsWith('; echo end')) held.push(chunk)
          else controller.enqueue(chunk)
        },
        flush: (controller) => held.forEach((chunk) => controller.enqueue(chunk)),
      }
    }),
  },
  {
    name: 'replaces bytes that are no UTF-8',
    breaks: ['streams.binary', 'streams.invalid-utf8'],
    change: changeOutput(() => ({
      transform: (chunk, controller) => controller.enqueue({ ...chunk, bytes: encodeText(decodeText(chunk.bytes)) }),
    })),
  },
  {
    name: 'counts offsets for each stream',
    breaks: ['streams.offsets', 'attach.from-offset'],
    change: changeOutput(() => {
      const positions = new Map<string, number>()
      return {
        transform: (chunk, controller) => {
          const offset = positions.get(chunk.stream) ?? (positions.size === 0 ? chunk.offset : 0)
          positions.set(chunk.stream, offset + chunk.bytes.byteLength)
          controller.enqueue({ ...chunk, offset })
        },
      }
    }),
  },
  {
    name: 'replays from the start, whatever the offset',
    breaks: ['attach.from-offset'],
    change: changeProcesses((processes) => ({
      attach: async (process, options) => await processes.attach(process, { ...options, fromOffset: 0 }),
    })),
  },
  {
    name: 'forgets the input of what it finds again',
    breaks: ['attach.input', 'attach.terminal'],
    change: changeProcesses((processes) => ({
      attach: async (process, options) => {
        const { stdin: _stdin, ...attached } = await processes.attach(process, options)
        return attached
      },
    })),
  },
  {
    name: 'keeps all output, whatever the journal',
    breaks: ['attach.journal-skips'],
    change: changeProcessSpec((spec) => ({ ...spec, journalBytes: 1e9 })),
  },
  {
    name: 'ends the process with its reader',
    breaks: ['streams.reader-leaves'],
    change: changeProcess((process) => {
      const reader = process.output.getReader()
      const output = new ReadableStream<OutputChunk>(
        {
          pull: async (controller) => {
            const { value } = await reader.read()
            if (value === undefined) controller.close()
            else controller.enqueue(value)
          },
          cancel: async () => await process.cancel(),
        },
        { highWaterMark: 0 },
      )
      return { output }
    }),
  },
  {
    name: 'forgets processes when they end',
    breaks: ['attach.from-offset', 'attach.ended', 'attach.journal-skips', 'limits.timeout-unattended'],
    change: changeProcesses((processes) => ({
      attach: async (process, options) => {
        const running = await processes.list(options)
        if (running.some(({ pid, tag }) => pid === process || tag === process))
          return await processes.attach(process, options)
        throw new SandboxError('process-not-found', 'memory', 'no such process')
      },
    })),
  },
]
