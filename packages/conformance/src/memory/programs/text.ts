import { createHash } from 'node:crypto'
import { concatBytes, decodeText, encodeText } from '@caisson/core'
import { breathe } from '../kernel/breathe.ts'
import { openPath } from '../kernel/open-path.ts'
import { readFrom, writeTo } from '../kernel/execute.ts'
import type { Program, ProgramContext } from '../program.ts'
import { actorOf, bytesOf, eachOperand, parseArguments, parseSize } from './utility.ts'

const orInput = (operands: readonly string[]): readonly string[] => (operands.length === 0 ? ['-'] : operands)

const cat: Program = async (context) =>
  await eachOperand(context, orInput(parseArguments(context.argv).operands), async (operand) => {
    for await (const part of bytesOf(context, operand)) await context.stdout.write(part)
  })

const head: Program = async (context) => {
  const { values, operands } = parseArguments(context.argv, 'cn')
  const bytes = values.get('c')
  return await eachOperand(context, orInput(operands), async (operand) => {
    let room = bytes === undefined ? Number(values.get('n') ?? 10) : parseSize(bytes)
    if (room === 0) return
    for await (const part of bytesOf(context, operand)) {
      const piece = bytes === undefined ? firstLines(part, room) : part.subarray(0, room)
      room -= bytes === undefined ? piece.filter((byte) => byte === 10).length : piece.byteLength
      await context.stdout.write(piece)
      if (room === 0) return
    }
  })
}

function firstLines(bytes: Uint8Array, count: number): Uint8Array {
  let end = 0
  for (let line = 0; line < count; line++) {
    const next = bytes.indexOf(10, end)
    if (next === -1) return bytes
    end = next + 1
  }
  return bytes.subarray(0, end)
}

/** Keeps in memory what it may have to put out: an endless line takes all there is. */
const tail: Program = async (context) => {
  const { values, operands } = parseArguments(context.argv, 'cn')
  const count = Number((values.get('n') ?? '10').replace('+', ''))
  const wantedBytes = values.get('c')
  return await eachOperand(context, orInput(operands), async (operand) => {
    const parts: Uint8Array[] = []
    for await (const part of bytesOf(context, operand)) {
      context.allocate(part.byteLength)
      parts.push(part)
    }
    const whole = concatBytes(parts)
    if (wantedBytes !== undefined) {
      await context.stdout.write(whole.subarray(Math.max(0, whole.byteLength - parseSize(wantedBytes))))
      return
    }
    const lines = decodeText(whole).split(/(?<=\n)/)
    const kept = values.get('n')?.startsWith('+') === true ? lines.slice(count - 1) : lines.slice(-count)
    await context.stdout.write(kept.join(''))
  })
}

const wc: Program = async (context) => {
  const { flags, operands } = parseArguments(context.argv)
  return await eachOperand(context, orInput(operands), async (operand) => {
    let bytes = 0
    let lines = 0
    for await (const part of bytesOf(context, operand)) {
      bytes += part.byteLength
      for (let at = part.indexOf(10); at !== -1; at = part.indexOf(10, at + 1)) lines++
    }
    const counts = flags.has('c') ? [bytes] : flags.has('l') ? [lines] : [lines, bytes]
    await context.stdout.write([...counts, ...(operand === '-' ? [] : [operand])].join(' ') + '\n')
  })
}

const sha256sum: Program = async (context) =>
  await eachOperand(context, orInput(parseArguments(context.argv).operands), async (operand) => {
    const hash = createHash('sha256')
    for await (const part of bytesOf(context, operand)) hash.update(part)
    await context.stdout.write(`${hash.digest('hex')}  ${operand}\n`)
  })

const yes: Program = async (context) => {
  const line = encodeText(`${context.argv.slice(1).join(' ') || 'y'}\n`)
  const block = concatBytes(Array.from({ length: Math.ceil(8192 / line.byteLength) }, () => line))
  for (;;) {
    await context.stdout.write(block)
    await breathe()
  }
}

const seq: Program = async (context) => {
  const numbers = context.argv.slice(1).map(Number)
  const last = numbers.at(-1) ?? 0
  const first = numbers.length > 1 ? (numbers[0] ?? 1) : 1
  const step = numbers.length > 2 ? (numbers[1] ?? 1) : 1
  const lines: string[] = []
  for (let value = first; step > 0 ? value <= last : value >= last; value += step) lines.push(`${value}\n`)
  await context.stdout.write(lines.join(''))
  return 0
}

/** `tr -d SET` and `tr SET SET` over single characters and escapes. */
const tr: Program = async (context) => {
  const { flags, operands } = parseArguments(context.argv)
  const [from, to] = operands.map((set) => expandSet(set))
  const mapping = Uint8Array.from({ length: 256 }, (_, byte) => {
    const index = from?.indexOf(byte) ?? -1
    return index === -1 ? byte : (to?.[Math.min(index, to.length - 1)] ?? byte)
  })
  for await (const part of context.stdin) {
    const kept = flags.has('d') ? part.filter((byte) => from?.includes(byte) !== true) : part
    const mapped = new Uint8Array(kept.byteLength)
    for (let at = 0; at < mapped.byteLength; at++) mapped[at] = mapping[kept[at] ?? 0] ?? 0
    await context.stdout.write(mapped)
  }
  return 0
}

function expandSet(set: string): number[] {
  const plain = set
    .replaceAll(/\\([0-7]{1,3})/g, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 8)))
    .replaceAll('\\n', '\n')
    .replaceAll(/(.)-(.)/g, (_, low: string, high: string) => {
      const start = low.charCodeAt(0)
      return String.fromCharCode(...Array.from({ length: high.charCodeAt(0) - start + 1 }, (__, at) => start + at))
    })
  return [...encodeText(plain)]
}

const tee: Program = async (context) => {
  const { flags, operands } = parseArguments(context.argv)
  const mode = flags.has('a') ? 'append' : 'write'
  const { machine, task } = context
  const files = operands.map((operand) => openPath(machine, actorOf(context), operand, { mode, io: task.files }))
  for (;;) {
    const part = await readFrom(machine, task, task.files.get(0))
    if (part === undefined) return 0
    for (const file of files) await writeTo(machine, task, file, part)
    await context.stdout.write(part)
  }
}

async function linesOf(context: ProgramContext, operand: string): Promise<string[]> {
  const parts: Uint8Array[] = []
  for await (const part of bytesOf(context, operand)) parts.push(part)
  const lines = decodeText(concatBytes(parts)).split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

const sort: Program = async (context) => {
  const { flags, operands } = parseArguments(context.argv)
  const lines: string[] = []
  const status = await eachOperand(context, orInput(operands), async (operand) => {
    lines.push(...(await linesOf(context, operand)))
  })
  lines.sort(flags.has('n') ? (left, right) => Number(left) - Number(right) : undefined)
  if (flags.has('r')) lines.reverse()
  const kept = flags.has('u') ? [...new Set(lines)] : lines
  await context.stdout.write(kept.map((line) => `${line}\n`).join(''))
  return status
}

/** Fixed strings (`-F`) or simple expressions; `-q`, `-v`, `-c`, `-i`. */
const grep: Program = async (context) => {
  const { flags, operands } = parseArguments(context.argv)
  const [pattern = '', ...files] = operands
  const source = flags.has('F') ? pattern.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`) : pattern
  const expression = new RegExp(source, flags.has('i') ? 'i' : '')
  const found: string[] = []
  await eachOperand(context, orInput(files), async (operand) => {
    found.push(...(await linesOf(context, operand)).filter((line) => expression.test(line) !== flags.has('v')))
  })
  if (flags.has('c')) await context.stdout.write(`${found.length}\n`)
  else if (!flags.has('q')) await context.stdout.write(found.map((line) => `${line}\n`).join(''))
  return found.length > 0 ? 0 : 1
}

export const textPrograms: Readonly<Record<string, Program>> = {
  cat,
  grep,
  head,
  seq,
  sha256sum,
  sort,
  tail,
  tee,
  tr,
  wc,
  yes,
}
