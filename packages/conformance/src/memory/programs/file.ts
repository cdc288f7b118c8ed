import {
  changeMode,
  find,
  insert,
  lookUp,
  makeDirectories,
  makeDirectory,
  openForWriting,
  removeTree,
  rename,
  store,
} from '../files/file-system.ts'
import { cloneNode, type Node } from '../files/node.ts'
import { SystemError } from '../files/system-error.ts'
import { truncatePath } from '../kernel/open-path.ts'
import type { Program, ProgramContext } from '../program.ts'
import { actorOf, eachOperand, parseArguments, parseSize } from './utility.ts'

const mkdir: Program = async (context) => {
  const { flags, operands } = parseArguments(context.argv, 'm')
  return await eachOperand(context, operands, (path) => {
    if (flags.has('p')) makeDirectories(context.machine.files, path, actorOf(context))
    else makeDirectory(context.machine.files, path, actorOf(context))
  })
}

const rm: Program = async (context) => {
  const { flags, operands } = parseArguments(context.argv)
  return await eachOperand(context, operands, (path) => {
    const recursive = flags.has('r') || flags.has('R')
    if (!recursive && find(context.machine.files, path, actorOf(context), 'no-follow').node?.kind === 'directory') {
      throw new SystemError('EISDIR', path)
    }
    const removed = removeTree(context.machine.files, path, actorOf(context))
    if (removed === 'absent' && !flags.has('f')) throw new SystemError('ENOENT', path)
  })
}

const rmdir: Program = async (context) =>
  await eachOperand(context, parseArguments(context.argv).operands, (path) => {
    const { node } = lookUp(context.machine.files, path, actorOf(context))
    if (node.kind !== 'directory') throw new SystemError('ENOTDIR', path)
    if (node.children.size > 0) throw new SystemError('ENOTEMPTY', path)
    removeTree(context.machine.files, path, actorOf(context))
  })

const touch: Program = async (context) =>
  await eachOperand(context, parseArguments(context.argv).operands, (path) => {
    const { node, path: at } = openForWriting(context.machine.files, path, actorOf(context), { truncate: false })
    store(context.machine.files, node, at, node.content)
  })

const ln: Program = async (context) => {
  const { flags, operands } = parseArguments(context.argv)
  const [target = '', path = ''] = operands
  return await eachOperand(context, [path], () => {
    const { files } = context.machine
    const actor = actorOf(context)
    if (flags.has('f')) removeTree(files, path, actor)
    const link: Node = flags.has('s')
      ? { kind: 'symlink', target, mode: 0o777, owner: context.user, modifiedAtMs: files.now() }
      : lookUp(files, target, actor).node
    insert(files, path, actor, link)
  })
}

const mkfifo: Program = async (context) =>
  await eachOperand(context, parseArguments(context.argv).operands, (path) => {
    const { files } = context.machine
    const node: Node = { kind: 'other', device: 'fifo', mode: 0o644, owner: context.user, modifiedAtMs: files.now() }
    insert(files, path, actorOf(context), node)
  })

/** Where `mv` and `cp` put something: below the target when that is a directory. */
function targetPath(context: ProgramContext, source: string, target: string): string {
  const place = find(context.machine.files, target, actorOf(context), 'follow')
  return place.node?.kind === 'directory' ? `${target}/${source.replace(/\/+$/, '').split('/').at(-1) ?? ''}` : target
}

const mv: Program = async (context) => {
  const { operands } = parseArguments(context.argv)
  const target = operands.at(-1) ?? ''
  return await eachOperand(context, operands.slice(0, -1), (source) => {
    rename(context.machine.files, source, targetPath(context, source, target), actorOf(context))
  })
}

const cp: Program = async (context) => {
  const { flags, operands } = parseArguments(context.argv)
  const { files } = context.machine
  const actor = actorOf(context)
  const target = operands.at(-1) ?? ''
  return await eachOperand(context, operands.slice(0, -1), (source) => {
    const { node } = lookUp(files, source, actor)
    const path = targetPath(context, source, target)
    if (node.kind === 'file') {
      const made = openForWriting(files, path, actor, { truncate: true, mode: node.mode })
      store(files, made.node, made.path, node.content)
    } else {
      if (node.kind === 'directory' && !flags.has('r') && !flags.has('R') && !flags.has('a')) {
        throw new SystemError('EISDIR', source)
      }
      insert(files, path, actor, cloneNode(node))
    }
  })
}

const ls: Program = async (context) => {
  const { flags, operands } = parseArguments(context.argv)
  return await eachOperand(context, operands.length === 0 ? ['.'] : operands, async (path) => {
    const { node } = lookUp(context.machine.files, path, actorOf(context))
    const names = node.kind === 'directory' && !flags.has('d') ? [...node.children.keys()].sort() : [path]
    const shown = names.filter((name) => flags.has('a') || flags.has('A') || !name.startsWith('.'))
    await context.stdout.write(shown.map((name) => `${name}\n`).join(''))
  })
}

const chmod: Program = async (context) => {
  const [mode = '', ...operands] = context.argv.slice(1)
  return await eachOperand(context, operands, (path) => {
    const { node } = lookUp(context.machine.files, path, actorOf(context))
    changeMode(context.machine.files, path, actorOf(context), newMode(node.mode, mode))
  })
}

function newMode(old: number, text: string): number {
  if (/^[0-7]+$/.test(text)) return Number.parseInt(text, 8)
  const [, who = '', sign = '+', bits = ''] = /^([ugoa]*)([-+=])([rwx]*)$/.exec(text) ?? []
  const value = (bits.includes('r') ? 4 : 0) | (bits.includes('w') ? 2 : 0) | (bits.includes('x') ? 1 : 0)
  const everyone = who === '' || who.includes('a')
  const places: readonly [string, number][] = [
    ['u', 6],
    ['g', 3],
    ['o', 0],
  ]
  return places.reduce((mode, [letter, shift]) => {
    if (!everyone && !who.includes(letter)) return mode
    if (sign === '=') return (mode & ~(7 << shift)) | (value << shift)
    return sign === '+' ? mode | (value << shift) : mode & ~(value << shift)
  }, old)
}

/** `stat -c FORMAT` with `%a %s %U %F %n`. */
const stat: Program = async (context) => {
  const { values, operands } = parseArguments(context.argv, 'c')
  return await eachOperand(context, operands, async (path) => {
    const { node } = find(context.machine.files, path, actorOf(context), 'no-follow')
    if (node === undefined) throw new SystemError('ENOENT', path)
    const shown: Readonly<Record<string, string>> = {
      a: node.mode.toString(8),
      s: String(node.kind === 'file' ? node.content.size : 0),
      U: node.owner,
      F: node.kind,
      n: path,
    }
    const format = values.get('c') ?? '%n %s %a'
    await context.stdout.write(`${format.replaceAll(/%([asUFn])/g, (_, letter: string) => shown[letter] ?? '')}\n`)
  })
}

const truncate: Program = async (context) => {
  const { values, operands } = parseArguments(context.argv, 's')
  return await eachOperand(context, operands, (path) => {
    truncatePath(context.machine, actorOf(context), path, parseSize(values.get('s') ?? '0'))
  })
}

const readlink: Program = async (context) => {
  const { flags, operands } = parseArguments(context.argv)
  const { files } = context.machine
  return await eachOperand(context, operands, async (path) => {
    const place = find(files, path, actorOf(context), flags.has('f') ? 'follow' : 'no-follow')
    if (flags.has('f')) await context.stdout.write(`${place.path}\n`)
    else if (place.node?.kind === 'symlink') await context.stdout.write(`${place.node.target}\n`)
    else throw new SystemError('EINVAL', path)
  })
}

export const filePrograms: Readonly<Record<string, Program>> = {
  chmod,
  cp,
  ln,
  ls,
  mkdir,
  mkfifo,
  mv,
  readlink,
  rm,
  rmdir,
  stat,
  touch,
  truncate,
}
