import { readFile, stat } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { OperationError } from '@caisson/core'
import { z } from 'zod'
import { expandPolicy } from './expand-policy.ts'
import { type Fault, faultsOf } from './parse-lined.ts'
import { parsePolicy } from './parse-policy.ts'
import { compilePolicy, type Policy } from './policy.ts'
import { policySourceSchema } from './policy-schema.ts'
import { shippedPolicies } from './shipped.ts'

/** A file may lie where no package is installed, and yet its types come from here. */
const routerName = '@caisson/router'

async function importWithRouter(address: string): Promise<unknown> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === routerName && context.parentURL === address
        ? { url: import.meta.resolve(routerName), shortCircuit: true }
        : next(specifier, context),
  })
  try {
    return await import(address)
  } finally {
    hooks.deregister()
  }
}

const moduleSchema = z.object({
  default: z.custom<object>((value) => typeof value === 'object' && value !== null),
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
  const loaded = await importWithRouter(address.href)
  const exported = moduleSchema.safeParse(loaded)
  if (!exported.success) {
    throw new OperationError('invalid-policy', `${path} has no policy as its default export`, {
      remedy: "end it with: export default defineConfig({ policy: 'default' })",
    })
  }
  const parsed = policySourceSchema.safeParse(exported.data.default)
  if (!parsed.success) throw faulty(path, faultsOf(parsed.error))
  const { document, faults } = expandPolicy(parsed.data)
  if (faults.length > 0) throw faulty(path, faults)
  return compilePolicy(document)
}

/** What a module computes has no lines. */
function faulty(path: string, faults: readonly Fault[]): OperationError {
  const told = faults.map(({ path: field, message }) => `${path}: ${field.map(String).join('.')}: ${message}`)
  return new OperationError('invalid-policy', told.join('\n'), { field: faults[0]?.path.map(String).join('.') })
}
