import { deflateSync } from 'node:zlib'

/** A PDF with these objects. Readers mend a missing cross-reference table, and so may this one. */
export function pdfFile(objects: readonly (string | Uint8Array)[]): Buffer {
  const body = objects.flatMap((object, index) => [
    Buffer.from(`${index + 1} 0 obj\n`),
    typeof object === 'string' ? Buffer.from(object, 'latin1') : object,
    Buffer.from('\nendobj\n'),
  ])
  return Buffer.concat([Buffer.from('%PDF-1.7\n'), ...body, Buffer.from('trailer << /Root 1 0 R >>\n%%EOF\n')])
}

export const catalog = '<< /Type /Catalog /Pages 2 0 R >>'

/** A stream object with deflated content. */
export function stream(dictionary: string, content: string | Uint8Array): Buffer {
  const packed = deflateSync(content)
  return Buffer.concat([
    Buffer.from(`<< ${dictionary} /Filter /FlateDecode /Length ${packed.byteLength} >>\nstream\n`),
    packed,
    Buffer.from('\nendstream'),
  ])
}
