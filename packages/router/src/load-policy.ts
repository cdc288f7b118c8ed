import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { OperationError } from '@caisson/core'
import { z } from 'zod'
import { parsePolicy } from './parse-policy.ts'
import { createPolicy, type Policy } from './policy.ts'
import type { PolicyInput } from './policy-schema.ts'
import { shippedPolicies } from './shipped.ts'

const moduleSchema = z.object({
  default: z.custom<PolicyInput>((value) => typeof value === 'object' && value !== null),
})

/**
 * A policy by the name of a shipped one, or by the path of a file: YAML or JSON, or a `caisson.config.ts` whose default export is what `defineConfig`
 * returns. Throws `OperationError` `invalid-policy` with what is wrong and where.
 */
export async function loadPolicy(source: string): Promise<Policy> {
  const shipped = Object.entries(shippedPolicies).find(([name]) => name === source)
  if (shipped !== undefined) return shipped[1]
  try {
    return /\.[cm]?[jt]s$/.test(source) ? await loadModule(source) : parsePolicy(await readFile(source, 'utf8'), source)
  } catch (cause) {
    if (cause instanceof OperationError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new OperationError('invalid-policy', `${source} cannot be read: ${why}`, {
      remedy: `name a file, or one of the shipped policies: ${Object.keys(shippedPolicies).join(', ')}`,
      cause,
    })
  }
}

/** The table of cases of a shipped policy; `undefined` when none is called so. */
export function shippedTable(name: string): string | undefined {
  if (!Object.hasOwn(shippedPolicies, name)) return undefined
  return fileURLToPath(new URL(`../src/policies/${name}.test.yaml`, import.meta.url))
}

/** A module is kept by Node under its address, so each state of the file has one of its own. */
async function loadModule(path: string): Promise<Policy> {
  const address = pathToFileURL(path)
  address.searchParams.set('state', String((await stat(path)).mtimeMs))
  const loaded: unknown = await import(address.href)
  const parsed = moduleSchema.safeParse(loaded)
  if (parsed.success) return createPolicy(parsed.data.default)
  throw new OperationError('invalid-policy', `${path} has no policy as its default export`, {
    remedy: "end it with: export default defineConfig({ policy: 'default' })",
  })
}
