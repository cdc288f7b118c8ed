import type { LspSymbol } from '@daytona/toolbox-api-client'
import { z } from 'zod'

const position = z.object({ line: z.number(), character: z.number() })
const range = z.object({ start: position, end: position })
const flat = z.object({ name: z.string(), kind: z.number(), location: z.object({ uri: z.string(), range }) })
const nested = z.object({
  name: z.string(),
  kind: z.number(),
  range,
  get children() {
    return z.array(nested).optional()
  },
})
type Nested = z.output<typeof nested>

const mostSymbols = 10_000

/** Symbols as servers tell them, one after the other or one within the other, in Daytona's one shape. What is neither is left out. */
export function symbolsOf(answer: unknown, uri: string): LspSymbol[] {
  if (!Array.isArray(answer)) return []
  return answer.slice(0, mostSymbols).flatMap((given: unknown): LspSymbol[] => {
    const one = flat.safeParse(given)
    if (one.success) return [one.data]
    const tree = nested.safeParse(given)
    return tree.success ? flatten(tree.data, uri) : []
  })
}

function flatten({ name, kind, range: where, children = [] }: Nested, uri: string): LspSymbol[] {
  return [{ name, kind, location: { uri, range: where } }, ...children.flatMap((child) => flatten(child, uri))]
}
