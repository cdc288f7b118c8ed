import { find, lookUp } from '../files/file-system.ts'
import { type Node, permits } from '../files/node.ts'
import { SystemError } from '../files/system-error.ts'
import type { ProgramContext } from '../program.ts'

/** `test` and `[` over files, strings and integers, with `!` and one `-a` or `-o`. */
export async function test(context: ProgramContext): Promise<number> {
  const args = context.argv.slice(1)
  if (context.argv[0] === '[' && args.pop() !== ']') return 2
  return await Promise.resolve(holds(context, args) ? 0 : 1)
}

function holds(context: ProgramContext, args: readonly string[]): boolean {
  const [first = '', second = '', third = ''] = args
  if (first === '!' && args.length > 1) return !holds(context, args.slice(1))
  if (args.length < 2) return first !== ''
  if (args.length === 2) return unary(context, first, second)
  if (args.length > 4 && args[3] === '-a') return holds(context, args.slice(0, 3)) && holds(context, args.slice(4))
  if (args.length > 4 && args[3] === '-o') return holds(context, args.slice(0, 3)) || holds(context, args.slice(4))
  return binary(first, second, third)
}

function unary(context: ProgramContext, operator: string, operand: string): boolean {
  if (operator === '-n') return operand !== ''
  if (operator === '-z') return operand === ''
  if (operator === '-t') return context.task.files.get(Number(operand))?.stream.terminal !== undefined
  const node = nodeAt(context, operand, operator === '-L' || operator === '-h')
  if (node === undefined) return false
  switch (operator) {
    case '-e':
      return true
    case '-f':
      return node.kind === 'file'
    case '-d':
      return node.kind === 'directory'
    case '-p':
      return node.kind === 'other' && node.device === 'fifo'
    case '-s':
      return node.kind === 'file' && node.content.size > 0
    case '-L':
    case '-h':
      return node.kind === 'symlink'
    case '-r':
      return permits(node, context.user, 'read')
    case '-w':
      return permits(node, context.user, 'write')
    case '-x':
      return permits(node, context.user, 'execute')
    default:
      return false
  }
}

function binary(left: string, operator: string, right: string): boolean {
  switch (operator) {
    case '=':
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '-eq':
      return Number(left) === Number(right)
    case '-ne':
      return Number(left) !== Number(right)
    case '-lt':
      return Number(left) < Number(right)
    case '-le':
      return Number(left) <= Number(right)
    case '-gt':
      return Number(left) > Number(right)
    case '-ge':
      return Number(left) >= Number(right)
    default:
      return false
  }
}

function nodeAt(context: ProgramContext, path: string, link: boolean): Node | undefined {
  const actor = { user: context.user, cwd: context.cwd }
  try {
    if (link) return find(context.machine.files, path, actor, 'no-follow').node
    return lookUp(context.machine.files, path, actor).node
  } catch (error) {
    if (error instanceof SystemError) return undefined
    throw error
  }
}
