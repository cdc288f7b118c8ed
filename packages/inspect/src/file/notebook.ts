/** The code of a notebook of Jupyter, cell after cell; `undefined`: it is none. Lines of IPython that are no Python are left out. */
export function codeOfNotebook(text: string): string | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  const cells = fieldOf(parsed, 'cells')
  if (!Array.isArray(cells)) return undefined
  return cells
    .filter((cell) => fieldOf(cell, 'cell_type') === 'code')
    .map((cell) => sourceOf(fieldOf(cell, 'source')))
    .join('\n')
}

function sourceOf(source: unknown): string {
  const text = Array.isArray(source) ? source.filter((line) => typeof line === 'string').join('') : source
  return typeof text === 'string' ? text.replaceAll(/^[ \t]*[!%].*$/gm, shellLine) : ''
}

/** `!command` and `%%bash` run a shell. */
function shellLine(line: string): string {
  const [, command] = /^\s*(?:!|%sx\s|%system\s)(.*)$/.exec(line) ?? []
  return command === undefined ? '' : `get_ipython().system(${JSON.stringify(command)})`
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined
}
