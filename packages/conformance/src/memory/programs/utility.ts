import { SystemError } from '../files/system-error.ts'
import { readFrom } from '../kernel/execute.ts'
import { type OpenFile, release } from '../kernel/open-file.ts'
import { openPath } from '../kernel/open-path.ts'
import type { Actor } from '../files/file-system.ts'
import type { Program, ProgramContext } from '../program.ts'

/** Arguments sorted into single-letter flags, flags with a value, and operands. */
export interface Arguments {
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly operands: readonly string[]
}

/** Reads `-rf`, `-n 3`, `-n3`, `-p` and `--`. `valued` are the letters that take a value. */
export function parseArguments(argv: readonly string[], valued = ''): Arguments {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const rest = argv.slice(1)
  while (rest[0] !== undefined && /^-./.test(rest[0])) {
    const argument = rest.shift() ?? ''
    if (argument === '--') break
    for (let at = 1; at < argument.length; at++) {
      const letter = argument.charAt(at)
      if (valued.includes(letter)) {
        values.set(letter, argument.length > at + 1 ? argument.slice(at + 1) : (rest.shift() ?? ''))
        break
      }
      flags.add(letter)
    }
  }
  return { flags, values, operands: rest }
}

export function actorOf(context: ProgramContext): Actor {
  return { user: context.user, cwd: context.cwd }
}

/** Runs `act` for each operand and says what went wrong with it. */
export async function eachOperand(
  context: ProgramContext,
  operands: readonly string[],
  act: (operand: string) => Promise<void> | void,
): Promise<number> {
  let status = 0
  for (const operand of operands) {
    try {
      await act(operand)
    } catch (error) {
      if (!(error instanceof SystemError)) throw error
      await context.stderr.write(`${context.argv[0] ?? ''}: ${operand}: ${error.text}\n`)
      status = 1
    }
  }
  return status
}

/** The bytes of a file, or of standard input for `-`. */
export async function* bytesOf(context: ProgramContext, operand: string): AsyncIterable<Uint8Array> {
  const { machine, task } = context
  let file: OpenFile | undefined
  if (operand !== '-') {
    file = openPath(machine, actorOf(context), operand, { mode: 'read', io: task.files })
    task.temporary.add(file)
  }
  try {
    for (;;) {
      const part = await readFrom(machine, task, file ?? task.files.get(0))
      if (part === undefined) return
      yield part
    }
  } finally {
    if (file !== undefined && task.temporary.delete(file)) release(file)
  }
}

/** A program of one line of output. */
export function prints(text: (context: ProgramContext) => string): Program {
  return async (context) => {
    await context.stdout.write(`${text(context)}\n`)
    return 0
  }
}

/** `10`, `4k`, `20M`, `1T` as a number. */
export function parseSize(text: string): number {
  const [, digits = '0', unit = ''] = /^(\d+)([kKMGT]?)/.exec(text) ?? []
  return Number(digits) * 1024 ** ' KMGT'.indexOf(unit.toUpperCase() === '' ? ' ' : unit.toUpperCase())
}
