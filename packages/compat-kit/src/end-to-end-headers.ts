import { hopByHopHeaders } from '@caisson/core'

/** Names and values in turn, as they came: spelling, order and repetition are kept. */
export type HeaderList = readonly string[]

/** The headers that go on to the other end, of those whose name in small letters is wanted. */
export function endToEndHeaders(headers: HeaderList, wanted: (name: string) => boolean = () => true): string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name = '', value = ''] = headers.slice(at, at + 2)
    const lower = name.toLowerCase()
    if (!hopByHopHeaders.has(lower) && wanted(lower)) kept.push(name, value)
  }
  return kept
}
