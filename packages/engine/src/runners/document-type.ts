import { concatBytes, decodeText } from '@caisson/core'

const lookedAtBytes = 1024

/** What the first bytes say. The name is a claim and is not asked. */
export function documentTypeOf(start: Uint8Array): 'pdf' | 'docx' | undefined {
  if (decodeText(start.subarray(0, lookedAtBytes)).includes('%PDF-')) return 'pdf'
  return start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4 ? 'docx' : undefined
}

/** The first bytes, of which there may be a few more than are needed. */
export async function startOf(data: Uint8Array | ReadableStream<Uint8Array>): Promise<Uint8Array> {
  if (data instanceof Uint8Array) return data
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of data) {
    parts.push(part)
    size += part.byteLength
    if (size >= lookedAtBytes) break
  }
  return concatBytes(parts)
}
