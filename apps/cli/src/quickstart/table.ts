const gap = '  '

/** Rows as columns of text. The column `flexible` is wrapped so that a line has at most `width` characters, where that is possible. */
export function formatTable(
  rows: readonly (readonly string[])[],
  { flexible, width }: { readonly flexible: number; readonly width: number },
): string {
  const [head = []] = rows
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const others = widths.reduce((total, size, column) => total + (column === flexible ? 0 : size + gap.length), 0)
  widths[flexible] = Math.min(widths[flexible] ?? 0, Math.max(24, width - others))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(gap)
      .trimEnd()
  const [first, ...rest] = rows.map((row) => {
    const wrapped = wrap(row[flexible] ?? '', widths[flexible] ?? 0)
    return wrapped
      .map((part, index) => line(row.map((cell, column) => (column === flexible ? part : index === 0 ? cell : ''))))
      .join('\n')
  })
  return [first, widths.map((size) => '─'.repeat(size)).join(gap), ...rest].join('\n')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const current = lines.at(-1) ?? ''
    if (current === '') lines[lines.length - 1] = word
    else if (current.length + 1 + word.length <= width) lines[lines.length - 1] = `${current} ${word}`
    else lines.push(word)
  }
  return lines
}
