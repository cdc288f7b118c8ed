import { formatFigure } from './figure.ts'
import type { CaseResult } from './measure.ts'

const rowHeight = 22
const labelWidth = 330
const barWidth = 420
const width = labelWidth + barWidth + 110

/** The medians as horizontal bars, one group per case, each group on its own scale. */
export function drawChart(results: readonly CaseResult[], when: string): string {
  let y = 34
  const parts: string[] = [text(12, 20, `Caisson benchmarks, medians, ${when}`, 'font-weight="bold"')]
  for (const { id, title, unit, subjects } of results) {
    y += 26
    parts.push(text(12, y - 6, `${id}  ${title}`, 'font-weight="bold"'))
    const most = Math.max(...subjects.map(({ median }) => median))
    for (const [index, { name, median }] of subjects.entries()) {
      const length = Math.max(1, (median / most) * barWidth)
      parts.push(
        text(24, y + 14, name),
        `<rect x="${labelWidth}" y="${y + 3}" width="${length.toFixed(1)}" height="14" rx="2" fill="${index === 0 ? '#2b6cb0' : '#a0aec0'}"/>`,
        text(labelWidth + length + 6, y + 14, `${formatFigure(median)} ${unit}`),
      )
      y += rowHeight
    }
  }
  const height = y + 16
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x}" y="${y}" ${attributes}>${escaped}</text>`
}
