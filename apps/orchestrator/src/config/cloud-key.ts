import { OperationError } from '@caisson/core'
import type { AdaptersConfig } from './adapters.ts'

interface CloudKey {
  readonly adapter: 'daytona' | 'e2b'
  readonly variable: string
  readonly key: string | undefined
  /** Where one makes a key. */
  readonly page: string
}

/** The key that opens a vendor's cloud; absent without one. Throws `OperationError` when the adapter is named and has none. */
export function cloudKey(
  adapters: AdaptersConfig['adapters'],
  { adapter, variable, key, page }: CloudKey,
): string | undefined {
  if (key !== undefined || adapters === 'auto' || !adapters.some((choice) => choice.adapter === adapter)) return key
  throw new OperationError('invalid-operation', `${variable} is not set, which the adapter ${adapter} needs`, {
    field: variable,
    remedy: `make a key at ${page} and set it, or take ${adapter} out of CAISSON_ADAPTERS`,
  })
}
