import type { Descriptors } from '../kernel/open-file.ts'
import type { ProgramContext } from '../program.ts'
import type { Machine } from '../kernel/machine.ts'
import type { SignalName } from '../kernel/signals.ts'
import type { Task } from '../kernel/task.ts'
import { createWake, type Wake } from '../wake.ts'
import type { Command, Script } from './syntax.ts'

/** The parts of the interpreter that call each other. */
export interface Interpreter {
  readonly runScript: (shell: Shell, script: Script, io: Descriptors) => Promise<number>
  readonly runCommand: (shell: Shell, command: Command, io: Descriptors) => Promise<number>
  /** What `$( )` puts out. */
  readonly capture: (shell: Shell, script: Script) => Promise<Uint8Array>
}

/** A running shell. A subshell is a copy with a task of its own. */
export interface Shell {
  readonly interpreter: Interpreter
  readonly machine: Machine
  readonly task: Task
  /** What `$$` says: the pid of the shell that was started, also in its subshells. */
  readonly pid: number
  readonly name: string
  readonly variables: Map<string, string>
  readonly exported: Set<string>
  readonly functions: Map<string, Command>
  positional: readonly string[]
  status: number
  background: number | undefined
  readonly children: Map<number, Task>
  readonly traps: Map<SignalName | 'EXIT', Script>
  readonly pending: SignalName[]
  readonly signalled: Wake
  exitOnError: boolean
}

export class ShellExit extends Error {
  override readonly name = 'ShellExit'
  readonly code: number

  constructor(code: number) {
    super('exit')
    this.code = code
  }
}

/** `break`, `continue` and `return` on their way to where they belong. */
export class Jump extends Error {
  override readonly name = 'Jump'
  readonly to: 'break' | 'continue' | 'return'
  levels: number

  constructor(to: Jump['to'], levels: number) {
    super(to)
    this.to = to
    this.levels = levels
  }
}

export function createShell(
  interpreter: Interpreter,
  context: ProgramContext,
  name: string,
  positional: readonly string[],
): Shell {
  const { machine, task } = context
  return {
    interpreter,
    machine,
    task,
    pid: task.pid,
    name,
    variables: new Map(Object.entries(task.env)),
    exported: new Set(Object.keys(task.env)),
    functions: new Map(),
    positional,
    status: 0,
    background: undefined,
    children: new Map(),
    traps: new Map(),
    pending: [],
    signalled: createWake(),
    exitOnError: false,
  }
}

export function subshell(shell: Shell, task: Task): Shell {
  return {
    ...shell,
    task,
    variables: new Map(shell.variables),
    exported: new Set(shell.exported),
    functions: new Map(shell.functions),
    children: new Map(),
    traps: new Map(),
    pending: [],
    signalled: createWake(),
  }
}

export function exportedEnvironment(shell: Shell): Record<string, string> {
  return Object.fromEntries([...shell.variables].filter(([name]) => shell.exported.has(name)))
}
