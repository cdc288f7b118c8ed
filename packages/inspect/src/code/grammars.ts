import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Language, Parser } from 'web-tree-sitter'
import { parserPages } from '../limits.ts'

/** Node has it, its types do not. */
declare const WebAssembly: { readonly Memory: new (pages: typeof parserPages) => object }

const files = {
  python: 'tree-sitter-python/tree-sitter-python.wasm',
  javascript: 'tree-sitter-javascript/tree-sitter-javascript.wasm',
  typescript: 'tree-sitter-typescript/tree-sitter-typescript.wasm',
  tsx: 'tree-sitter-typescript/tree-sitter-tsx.wasm',
  bash: 'tree-sitter-bash/tree-sitter-bash.wasm',
} as const
export type Grammar = keyof typeof files

interface NodeType {
  readonly type: string
  readonly isNamed: boolean
  /** Punctuation and keywords: whoever looks for meaning looks past them. */
  readonly isNoise: boolean
}

/** What the numbers in a tree of this grammar mean. */
export interface Vocabulary {
  readonly types: readonly NodeType[]
  readonly fields: readonly (string | null)[]
}

export interface LoadedGrammar {
  readonly parser: Parser
  readonly vocabulary: Vocabulary
}

const operator = /^[^\w\s()[\]{},:;."'`$]+$/

const { resolve } = createRequire(import.meta.url)
const grammars = new Map<Grammar, Promise<LoadedGrammar>>()
let runtime: Promise<void> | undefined

/** The grammar with its parser, loaded when it is first asked for. */
export async function loadGrammar(grammar: Grammar): Promise<LoadedGrammar> {
  const known = grammars.get(grammar)
  if (known !== undefined) return await known
  const loading = load(grammar)
  grammars.set(grammar, loading)
  return await loading
}

async function load(grammar: Grammar): Promise<LoadedGrammar> {
  await (runtime ??= Parser.init({ wasmMemory: new WebAssembly.Memory(parserPages) }))
  const language = await Language.load(await readFile(resolve(files[grammar])))
  const parser = new Parser()
  parser.setLanguage(language)
  const types = language.types.map((type, id) => {
    const isNamed = language.nodeTypeIsNamed(id)
    return { type, isNamed, isNoise: !isNamed && !operator.test(type) }
  })
  return { parser, vocabulary: { types, fields: language.fields } }
}
