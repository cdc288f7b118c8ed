import { parsePolicy } from '@caisson/router'
import { loadPolicy } from '@caisson/router/load'
import { readText } from './test-policy.ts'

/**
 * A policy as text that the service reads: a file as it is, a shipped one or a typed file as the data that it is. It is read here first, so that
 * faults name the file.
 */
export async function readPolicyText(source: string): Promise<string> {
  if (!/\.(ya?ml|json)$/.test(source)) return JSON.stringify((await loadPolicy(source)).document)
  const text = await readText(source)
  parsePolicy(text, source)
  return text
}
