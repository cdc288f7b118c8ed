import { encodeText } from '@caisson/core'
import { encodeEnvelope, endStreamFlag } from './envelope.ts'
import { type ConnectError, connectErrorBody } from './connect-error.ts'
import { WireFormatError } from './wire-format-error.ts'

export const unaryContentType = 'application/json'
export const streamContentType = 'application/connect+json'

const decoder = new TextDecoder('utf-8', { fatal: true })

/** UTF-8 JSON to a value. Throws `WireFormatError`. */
export function decodeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch (cause) {
    throw new WireFormatError('not JSON in UTF-8', { cause })
  }
}

/** JSON to a value. Throws `WireFormatError`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new WireFormatError('not JSON', { cause })
  }
}

/** One message of a stream. */
export function encodeMessage(message: unknown): Uint8Array<ArrayBuffer> {
  return encodeEnvelope(encodeText(JSON.stringify(message)))
}

/** The end of a stream, with the error that ended it if there was one. */
export function encodeEndOfStream(error?: ConnectError): Uint8Array<ArrayBuffer> {
  const body = error === undefined ? {} : { error: connectErrorBody(error) }
  return encodeEnvelope(encodeText(JSON.stringify(body)), endStreamFlag)
}
