import { createHash } from 'node:crypto'

/** Names a state directory in the control groups, which all instances of a machine share. */
export function instanceOf(stateDirectory: string): string {
  return createHash('sha256').update(stateDirectory).digest('hex').slice(0, 12)
}
