/** Undefined when the client accepts neither. */
export function chooseEncoding(accepted: string | null): 'gzip' | 'identity' | undefined {
  if (accepted === null) return 'identity'
  const weights = new Map(
    accepted.split(',').map((item) => {
      const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
      const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
      return [name, quality === undefined ? 1 : Number(quality)] as const
    }),
  )
  const gzip = weights.get('gzip') ?? weights.get('*') ?? 0
  const identity = weights.get('identity') ?? (weights.get('*') === 0 ? 0 : 1)
  if (gzip > 0 && (weights.has('gzip') || identity === 0)) return 'gzip'
  return identity > 0 ? 'identity' : undefined
}

/** One range of bytes, both ends included. Several ranges, and what is malformed, are treated as none. */
export function parseRange(
  header: string | null,
  size: number,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return undefined
  return start >= size ? 'unsatisfiable' : { start, end }
}
