import { loadPolicy } from '@caisson/router/load'
import { readText } from './test-policy.ts'

/** A policy as text that the service reads: a file as it is, so that faults name its lines; a shipped one or a typed file as the data that it is. */
export async function readPolicyText(source: string): Promise<string> {
  if (/\.(ya?ml|json)$/.test(source)) return await readText(source)
  return JSON.stringify((await loadPolicy(source)).document)
}
