import { resolve } from 'node:path'
import { z } from 'zod'

export const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

export const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)

export const path = z
  .string()
  .min(1)
  .transform((value) => resolve(value))

export const secret = z.string().min(1)

export const webAddress = z.url({ protocol: /^https?$/ })

export const portNumber = wholeNumber(0, 65_535)

export function wholeNumber(least: number, most: number) {
  return z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.int().min(least).max(most))
}

/** A host name, perhaps with a port. */
export function domain(usualPorts: string) {
  return z.string().regex(/^[a-z0-9.-]+(:\d{1,5})?$/, `must be a host name, with its port unless that is ${usualPorts}`)
}
