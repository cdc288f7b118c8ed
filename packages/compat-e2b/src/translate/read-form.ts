import { E2bError } from '../e2b-error.ts'
import { mib } from '@caisson/core'

export interface FormFile {
  readonly name: string | undefined
  readonly data: AsyncIterable<Uint8Array>
}

/** A form is held whole here, so it has an end; who has more to send does so without a form. */
const longestBytes = 256 * mib

/** The files of a form whose fields are called `file`. */
export async function* readForm(body: AsyncIterable<Uint8Array>, contentType: string): AsyncGenerator<FormFile> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    size += part.byteLength
    if (size > longestBytes) throw new E2bError(413, `a form exceeds ${longestBytes} bytes`)
    parts.push(part)
  }
  const form = await new Response(Buffer.concat(parts), { headers: { 'content-type': contentType } })
    .formData()
    .catch((cause: unknown) => {
      throw new E2bError(400, 'the form is malformed', { cause })
    })
  for (const value of form.getAll('file')) {
    if (typeof value === 'string') yield { name: undefined, data: ReadableStream.from([Buffer.from(value)]) }
    else yield { name: value.name, data: value.stream() }
  }
}
