/** A shell pattern as a regular expression over the whole text. Characters in `literal` positions stand for themselves. */
export function patternToRegExp(pieces: readonly { readonly text: string; readonly quoted: boolean }[]): RegExp {
  let source = ''
  for (const { text, quoted } of pieces) {
    if (quoted) {
      source += escape(text)
      continue
    }
    source += text.replaceAll(/\*|\?|\[(!?)(\]?[^\]]*)\]|[^*?[]+|\[/g, (token: string, not: string, set: string) => {
      if (token === '*') return '[^]*'
      if (token === '?') return '[^]'
      if (token.length > 1 && token.startsWith('[')) return `[${not === '!' ? '^' : ''}${set.replaceAll('\\', '\\\\')}]`
      return escape(token)
    })
  }
  return new RegExp(`^${source}$`, 'u')
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}
