import { PassThrough, type Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import type { UploadedFile } from '@daytona/toolbox-api-client'
import busboy from 'busboy'
import { DaytonaError } from '../../daytona-error.ts'
import { ok } from '../../http/call.ts'
import type { ToolboxCall, ToolboxHandle } from '../call.ts'
import { pathOf } from './manage.ts'

const most = { files: 10_000, fields: 20_000, pathBytes: 8192 }

/** Takes the files of a form one after the other, each while it arrives. `pathFor` says where one goes, by the name of its field. */
async function takeFiles(
  { request, entry, signal }: ToolboxCall,
  pathFor: (field: string, fields: ReadonlyMap<string, string>) => string,
): Promise<{ readonly taken: readonly string[]; readonly fields: ReadonlyMap<string, string> }> {
  const fields = new Map<string, string>()
  const taken: string[] = []
  let taking = Promise.resolve()
  const form = openForm(request)
  const takeAfter = async (before: Promise<void>, name: string, data: Readable): Promise<void> => {
    await before
    const path = pathFor(name, fields)
    await entry.sandbox.files.write(path, ReadableStream.from<Uint8Array>(data), { signal })
    taken.push(path)
  }
  form.on('field', (name, value) => void fields.set(name, value))
  form.on('file', (name, data) => {
    // What breaks off is told by the form as a whole.
    data.on('error', () => undefined)
    taking = takeAfter(taking, name, data)
    taking.catch((error: unknown) => form.destroy(error instanceof Error ? error : new Error('not taken')))
  })
  try {
    // Not the request itself, which would be torn down with the form.
    await pipeline(request.pipe(new PassThrough()), form, { signal })
  } catch (cause) {
    // A client that is still sending reads the answer only when all has been taken from it.
    request.resume()
    await finished(request, { signal }).catch(() => undefined)
    // A file that could not be taken is the reason, if there is one; the form only followed.
    await taking
    throw new DaytonaError(400, 'the form is malformed or broke off', { cause })
  }
  await taking
  return { taken, fields }
}

function openForm({ headers }: ToolboxCall['request']): busboy.Busboy {
  try {
    return busboy({
      headers,
      preservePath: true,
      limits: { files: most.files, fields: most.fields, fieldSize: most.pathBytes, fieldNameSize: 256 },
    })
  } catch (cause) {
    throw new DaytonaError(400, 'the request is not a form with files', { cause })
  }
}

/** `POST /files/bulk-upload`: pairs of `files[i].path` and `files[i].file`, in this order. */
export const uploadFiles: ToolboxHandle<never> = async (call) => {
  const fieldsSeen = new Set<string>()
  const { fields } = await takeFiles(call, (field, known) => {
    const named = field.replace(/\.file$/, '.path')
    const path = known.get(named)
    if (path === undefined || path === '' || !field.endsWith('.file'))
      throw new DaytonaError(400, `${field}: the field with its path has to come before it`)
    fieldsSeen.add(named)
    return path
  })
  // A part whose head is malformed, by a name that ends with a backslash, is passed over by parsers of forms.
  const lost = [...fields.keys()].find((name) => name.endsWith('.path') && !fieldsSeen.has(name))
  if (lost !== undefined)
    throw new DaytonaError(400, `${lost}: no file came with it, or the head of its part is malformed`)
  return { status: 200 }
}

/** `POST /files/upload-v2`: the one file of a form, to the path of the address. */
export const uploadFile: ToolboxHandle<UploadedFile> = async (call) => {
  const path = pathOf(call)
  const { taken } = await takeFiles(call, () => path)
  if (taken.length === 0) throw new DaytonaError(400, 'the form holds no file')
  return ok({ path, name: path.split('/').at(-1) ?? path, type: 'file' })
}
