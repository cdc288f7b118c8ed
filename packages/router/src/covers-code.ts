/** Whether a finding's code is meant by a pattern: the code itself, or `network.*` for all that begin so. */
export function coversCode(pattern: string, code: string): boolean {
  return pattern.endsWith('.*') ? code.startsWith(pattern.slice(0, -1)) : code === pattern
}
