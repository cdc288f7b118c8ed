import type { DaytonaError } from '@daytonaio/sdk'
import { expect } from 'vitest'

/** The error that a client is told. */
export async function told(failing: Promise<unknown>): Promise<DaytonaError> {
  return await failing.then(
    () => expect.fail('nothing failed'),
    (error: DaytonaError) => error,
  )
}
