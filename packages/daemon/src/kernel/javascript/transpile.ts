export type Dialect = 'javascript' | 'typescript'

const options = { target: 'bun', replMode: true } as const
const transpilers: Readonly<Record<Dialect, Bun.Transpiler>> = {
  javascript: new Bun.Transpiler({ ...options, loader: 'js' }),
  typescript: new Bun.Transpiler({ ...options, loader: 'ts' }),
}

export interface Script {
  /** Its completion value is an object with the cell's `value`, or a promise of it, or undefined. */
  readonly source: string
  /** Whether the cell ends with a declaration, whose value nobody asked for. */
  readonly isQuiet: boolean
}

/** A cell as a script: declarations become global and can be repeated, imports dynamic, the last expression the value. Throws on wrong syntax. */
export function transpile(code: string, dialect: Dialect): Script {
  const source = transpilers[dialect].transformSync(code)
  return { source, isQuiet: endsWithDeclaration(source) }
}

/** Bun makes an assignment of a declaration, and declares the name outside: that tells it from a plain assignment. */
function endsWithDeclaration(source: string): boolean {
  const declared = new Set(source.matchAll(/^var ([\w$, ]+);$/gm).flatMap(([, names = '']) => names.split(', ')))
  const assigned = /^ {4}value: ([\w$]+|\{[^=]*\}|\[[^=]*\]) = /m.exec(source)?.[1]?.match(/[\w$]+/g) ?? []
  return assigned.some((name) => declared.has(name))
}
