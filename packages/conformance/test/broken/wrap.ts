import {
  type Files,
  type Process,
  type Processes,
  type ProcessResult,
  type ProcessSpec,
  restrict,
  type Sandbox,
  type SandboxAdapter,
  type SandboxSpec,
} from '@caisson/core'
import type { MemoryAdapterOptions } from '../../src/memory/index.ts'

export type Change = (adapter: SandboxAdapter) => SandboxAdapter

/** An adapter that is right but for one thing. */
export interface Broken {
  /** What it does wrong. */
  readonly name: string
  /** The requirements that must catch it, and no others. */
  readonly breaks: readonly string[]
  readonly change?: Change
  readonly options?: MemoryAdapterOptions
}

export const changeAdapter =
  (change: (adapter: SandboxAdapter) => Partial<SandboxAdapter>): Change =>
  (adapter) => ({ ...adapter, ...change(adapter) })

export const changeSpec = (change: (spec: SandboxSpec) => SandboxSpec): Change =>
  changeAdapter((adapter) => ({
    create: async (spec, options) => await adapter.create(change(spec), options),
  }))

/** Changes every handle, created or connected. */
export const changeSandbox = (change: (sandbox: Sandbox) => Partial<Sandbox>): Change =>
  changeAdapter((adapter) => {
    const wrap = (inner: Sandbox): Sandbox => {
      const outer: Sandbox = { ...inner, restricted: () => restrict(outer), ...change(inner) }
      return outer
    }
    return {
      create: async (spec, options) => wrap(await adapter.create(spec, options)),
      connect: async (id, options) => wrap(await adapter.connect(id, options)),
    }
  })

export const changeFiles = (change: (files: Files) => Partial<Files>): Change =>
  changeSandbox(({ files }) => ({ files: { ...files, ...change(files) } }))

export const changeProcesses = (change: (processes: Processes, sandbox: Sandbox) => Partial<Processes>): Change =>
  changeSandbox((sandbox) => ({ processes: { ...sandbox.processes, ...change(sandbox.processes, sandbox) } }))

export const changeProcessSpec = (change: (spec: ProcessSpec) => ProcessSpec): Change =>
  changeProcesses((processes) => ({
    spawn: async (spec, options) => await processes.spawn(change(spec), options),
  }))

/** Changes every process handle, spawned or attached. */
export const changeProcess = (
  change: (process: Process, spec: ProcessSpec | undefined, sandbox: Sandbox) => Partial<Process>,
): Change =>
  changeProcesses((processes, sandbox) => ({
    spawn: async (spec, options) => {
      const process = await processes.spawn(spec, options)
      return { ...process, ...change(process, spec, sandbox) }
    },
    attach: async (id, options) => {
      const process = await processes.attach(id, options)
      return { ...process, ...change(process, undefined, sandbox) }
    },
  }))

export const changeResult = (change: (result: ProcessResult, spec?: ProcessSpec) => ProcessResult): Change =>
  changeProcess((process, spec) => ({
    wait: async (options) => change(await process.wait(options), spec),
  }))

/** The script of a process that is a shell. */
export function scriptOf(spec: ProcessSpec | undefined): string {
  return spec?.argv[2] ?? ''
}
