export interface PdfInfo {
  readonly title: string | undefined
  readonly author: string | undefined
  readonly pages: number | undefined
  readonly warnings: string[]
}

/** Reads what `pdfinfo` prints: one `Key: value` per line. */
export function parsePdfInfo(output: string): PdfInfo {
  const facts = new Map<string, string>()
  for (const line of output.slice(0, 64 * 1024).split('\n')) {
    const colon = line.indexOf(':')
    const key = line.slice(0, colon)
    // The first one counts: a title with a line break in it could pretend to be the next fact.
    if (colon > 0 && !facts.has(key)) facts.set(key, line.slice(colon + 1).trim())
  }
  const textOf = (key: string) => {
    const text = facts.get(key)
    return text === undefined || text === '' ? undefined : text.slice(0, 500)
  }
  const pages = Number(facts.get('Pages'))
  return {
    title: textOf('Title'),
    author: textOf('Author'),
    pages: Number.isInteger(pages) && pages >= 0 ? pages : undefined,
    warnings: [
      ...(facts.get('JavaScript') === 'yes' ? ['contains JavaScript, which was not run'] : []),
      ...(facts.get('Encrypted')?.startsWith('yes') === true ? ['is encrypted'] : []),
    ],
  }
}
