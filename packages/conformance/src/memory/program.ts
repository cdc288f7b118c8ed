import type { ByteChannel, Files } from '@caisson/core'
import type { Machine } from './kernel/machine.ts'
import type { Task } from './kernel/task.ts'

/** Standard output or error of a program. Writing waits while a pipe is full and throws when nobody reads it any more. */
export interface ProgramOutput {
  readonly write: (data: string | Uint8Array) => Promise<void>
}

/** What a program of a memory sandbox can do. Everything throws once the program was killed. */
export interface ProgramContext {
  /** The program's own name first. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly user: string
  readonly pid: number
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: ProgramOutput
  readonly stderr: ProgramOutput
  /** The sandbox's files with this program's user; relative paths start at `cwd`. */
  readonly files: Files
  /** Aborts when the program is killed. */
  readonly signal: AbortSignal
  readonly sleep: (ms: number) => Promise<void>
  /** Counts as used memory until the program ends. Over the sandbox's limit it is killed as out of memory. */
  readonly allocate: (bytes: number) => void
  /** Serves a port of the sandbox until the program ends. */
  readonly listen: (port: number, accept: (channel: ByteChannel) => void) => void
  /** Connects out, within the sandbox's egress policy; its own ports are always within reach. */
  readonly connect: (host: string, port: number) => Promise<ByteChannel>
  /** The machinery, for the programs that belong to it. */
  readonly machine: Machine
  readonly task: Task
}

/** A program: resolves to its exit code. A thrown error is printed and exits with 1. */
export type Program = (context: ProgramContext) => Promise<number>
