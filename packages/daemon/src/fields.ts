import { ConnectError } from '@caisson/wire-e2b'

/**
 * Narrow checks of requests. zod does this everywhere else; here it would add more memory to every sandbox than the rest of the
 * daemon's code together.
 */
export type Fields = Readonly<Record<string, unknown>>

function wrong(name: string, expected: string): ConnectError {
  return new ConnectError('invalid_argument', `${name} must be ${expected}`)
}

export function asFields(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'an object')
  return value as Fields
}

/** Protobuf's JSON makes no difference between a field that is absent and one that is null. */
export function optional<Value>(
  value: unknown,
  name: string,
  check: (value: unknown, name: string) => Value,
): Value | undefined {
  return value === undefined || value === null ? undefined : check(value, name)
}

export function asText(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrong(name, 'a string')
  return value
}

/** A string that can be an argument of a system call. */
export function asCString(value: unknown, name: string): string {
  const text = asText(value, name)
  if (text.includes('\0')) throw wrong(name, 'free of NUL')
  return text
}

export function asFlag(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw wrong(name, 'a boolean')
  return value
}

/** A whole number of at least `minimum`; 64-bit ones come as strings. */
export function asInteger(minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) {
  return (value: unknown, name: string): number => {
    const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < minimum || number > maximum)
      throw wrong(name, `a whole number from ${minimum} to ${maximum}`)
    return number
  }
}

export function asBytes(value: unknown, name: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(asText(value, name))
  } catch {
    throw wrong(name, 'base64')
  }
}

export function asCStrings(value: unknown, name: string): string[] {
  if (!Array.isArray(value)) throw wrong(name, 'a list')
  return value.map((item: unknown, index) => asCString(item, `${name}.${index}`))
}

/** Environment variables. */
export function asEnvironment(value: unknown, name: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(asFields(value, name)).map(([key, text]) => {
      if (key === '' || key.includes('=') || key.includes('\0')) throw wrong(`${name}.${key}`, 'a name without "="')
      return [key, asCString(text, `${name}.${key}`)]
    }),
  )
}
