import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { OperationError } from '@caisson/core'

type Data = Parameters<typeof writeFile>[1]

interface Options {
  /** The word of the command line that named the file. */
  readonly field: string
  /** Whether the directory is made if it is not there. */
  readonly makeDirectory?: boolean
}

/** Writes a file that the command line names. That it cannot be is `invalid-operation`; what `data` throws is passed on. */
export async function writeLocal(path: string, data: Data, { field, makeDirectory = false }: Options): Promise<void> {
  try {
    if (makeDirectory) await mkdir(dirname(path), { recursive: true })
    await writeFile(path, data)
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause && 'code' in cause)) throw cause
    throw new OperationError('invalid-operation', `${path} cannot be written (${String(cause.code)})`, {
      field,
      remedy: 'name a file in a directory that is there and yours to write in',
      cause,
    })
  }
}
