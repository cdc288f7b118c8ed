import { InvalidArgumentError } from 'commander'

/** A number from 0 on, as an option of the command line. */
export function parseAmount(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new InvalidArgumentError('Give a number from 0 on.')
}
