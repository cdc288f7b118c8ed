import type { KeeperCommand } from './link.ts'

export function keeperCommand(words: readonly (string | number)[], spec = ''): KeeperCommand {
  return { words, spec: Buffer.from(spec).toString('base64') }
}
