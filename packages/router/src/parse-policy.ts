import { expandPolicy } from './expand-policy.ts'
import { faultsOf, parseLined } from './parse-lined.ts'
import { compilePolicy, type Policy } from './policy.ts'
import { policySourceSchema } from './policy-schema.ts'

/**
 * Reads a policy from YAML or JSON. `source` names the text in errors, as a file name does. Throws `OperationError`
 * `invalid-policy` that lists every fault as `source:line:column: path: what is wrong`.
 */
export function parsePolicy(text: string, source: string): Policy {
  const document = parseLined(text, source, (data) => {
    const parsed = policySourceSchema.safeParse(data)
    if (!parsed.success) return { faults: faultsOf(parsed.error), cause: parsed.error }
    const { document: whole, faults } = expandPolicy(parsed.data)
    return faults.length === 0 ? { value: whole } : { faults }
  })
  return compilePolicy(document)
}
