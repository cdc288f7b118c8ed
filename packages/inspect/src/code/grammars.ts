import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Language, Parser } from 'web-tree-sitter'

const files = {
  python: 'tree-sitter-python/tree-sitter-python.wasm',
  javascript: 'tree-sitter-javascript/tree-sitter-javascript.wasm',
  typescript: 'tree-sitter-typescript/tree-sitter-typescript.wasm',
  tsx: 'tree-sitter-typescript/tree-sitter-tsx.wasm',
  bash: 'tree-sitter-bash/tree-sitter-bash.wasm',
} as const
export type Grammar = keyof typeof files

const { resolve } = createRequire(import.meta.url)
const parsers = new Map<Grammar, Promise<Parser>>()
let runtime: Promise<void> | undefined

/** A parser for the grammar, loaded when it is first asked for. */
export async function parserFor(grammar: Grammar): Promise<Parser> {
  const known = parsers.get(grammar)
  if (known !== undefined) return await known
  const loading = load(grammar)
  parsers.set(grammar, loading)
  return await loading
}

async function load(grammar: Grammar): Promise<Parser> {
  await (runtime ??= Parser.init())
  const parser = new Parser()
  parser.setLanguage(await Language.load(await readFile(resolve(files[grammar]))))
  return parser
}
