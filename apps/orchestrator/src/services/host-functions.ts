import { pathToFileURL } from 'node:url'
import { OperationError, operationKinds } from '@caisson/core'
import type { HostFunctions } from '@caisson/engine'
import { z } from 'zod'

const hostFunctions = z.partialRecord(
  z.enum(operationKinds),
  z.custom<NonNullable<HostFunctions[keyof HostFunctions]>>(
    (value) => typeof value === 'function',
    'must be a function',
  ),
)
const moduleSchema = z.object({ hostFunctions })

/** Loads the module that carries out what is placed on the host. It exports `hostFunctions`: kind of operation to function. */
export async function loadHostFunctions(path: string | undefined): Promise<HostFunctions> {
  if (path === undefined) return {}
  try {
    const loaded: unknown = await import(pathToFileURL(path).href)
    // The functions were checked to be functions; what they take is theirs to keep.
    return moduleSchema.parse(loaded).hostFunctions as HostFunctions
  } catch (cause) {
    throw new OperationError('invalid-operation', `the host functions in ${path} cannot be loaded`, {
      field: 'CAISSON_HOST_FUNCTIONS',
      remedy: 'name a module that exports hostFunctions, an object of kind of operation to async function',
      cause,
    })
  }
}
