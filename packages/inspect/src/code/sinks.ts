import type { Observation } from '../report.ts'

export type Sink = Pick<Observation, 'code' | 'severity' | 'message'>

export const spawns: Sink = { code: 'process.spawn', severity: 'risky', message: 'It starts another program.' }
export const bombs: Sink = { code: 'process.bomb', severity: 'hostile', message: 'It starts processes without end.' }
export const dynamic: Sink = {
  code: 'code.dynamic',
  severity: 'risky',
  message: 'It runs or loads code that is not visible in its text.',
}
export const obfuscated: Sink = {
  code: 'code.obfuscated',
  severity: 'hostile',
  message: 'It decodes something and runs it.',
}
export const deserializes: Sink = {
  code: 'code.deserialize',
  severity: 'risky',
  message: 'It reads a format that can contain code.',
}
export const network: Sink = { code: 'network.access', severity: 'risky', message: 'It uses the network.' }
export const native: Sink = { code: 'native.code', severity: 'risky', message: 'It loads native code.' }
export const reads: Sink = { code: 'environment.read', severity: 'info', message: 'It reads environment variables.' }
export const writesOutside: Sink = {
  code: 'file.write-outside',
  severity: 'risky',
  message: 'It changes files outside its working directory.',
}
export const destroys: Sink = {
  code: 'file.destructive',
  severity: 'hostile',
  message: 'It destroys files that are not its own.',
}
export const escalates: Sink = {
  code: 'process.privilege',
  severity: 'risky',
  message: 'It asks for more rights than it was given.',
}

export const downloads: Sink = { ...obfuscated, message: 'It downloads something and runs it.' }
export const reverseShell: Sink = {
  code: 'network.reverse-shell',
  severity: 'hostile',
  message: 'It hands a shell to somebody on the network.',
}

/** Sinks with the names that lead to them, separated by spaces; `socket.*` stands for `socket` and all below it. */
export type SinkTable = readonly (readonly [Sink, string])[]

interface SinksOfRoot {
  readonly exact: Map<string, Sink>
  /** With what is below them. */
  readonly whole: Map<string, Sink>
}

/** Finds the sink that a name leads to. */
export function sinkFinder(table: SinkTable): (name: string) => Sink | undefined {
  const roots = new Map<string, SinksOfRoot>()
  for (const [sink, names] of table) {
    for (const name of names.trim().split(/\s+/)) {
      const root = rootOf(name)
      const sinks = roots.get(root) ?? { exact: new Map(), whole: new Map() }
      roots.set(root, sinks)
      if (name.endsWith('.*')) sinks.whole.set(name.slice(0, -2), sink)
      else sinks.exact.set(name, sink)
    }
  }
  return (name) => {
    const sinks = roots.get(rootOf(name))
    if (sinks === undefined) return undefined
    const known = sinks.exact.get(name)
    if (known !== undefined) return known
    for (const [above, sink] of sinks.whole) {
      if (name.startsWith(above) && (name.length === above.length || name[above.length] === '.')) return sink
    }
    return undefined
  }
}

function rootOf(name: string): string {
  const end = name.indexOf('.')
  return end === -1 ? name : name.slice(0, end)
}
