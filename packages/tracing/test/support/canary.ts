import type { TraceSink } from '../../src/index.ts'

/** A secret that nobody can tell by its look, and one that everybody can. */
export const canary = 'Blue-Heron/77?&é'
export const shaped = `ghp_${'Ab1'.repeat(12)}`

const bytes = Buffer.from(canary)

/** The canary as it could slip through. */
export const disguises = [
  canary,
  encodeURIComponent(canary),
  encodeURIComponent(canary).replaceAll(/%../g, (code) => code.toLowerCase()),
  bytes.toString('base64'),
  Buffer.concat([Buffer.from('x'), bytes, Buffer.from('yz')]).toString('base64'),
  Buffer.concat([Buffer.from('xy'), bytes]).toString('base64url'),
  bytes.toString('hex'),
  JSON.stringify(canary),
  shaped,
]

/** What none of it may be found in. The cores of the base64 forms are searched, as their ends depend on the neighbours. */
export const traces = [
  canary,
  encodeURIComponent(canary),
  'Blue-Heron',
  bytes.toString('base64').slice(0, 12),
  bytes.toString('hex').slice(0, 16),
  Buffer.concat([Buffer.from('x'), bytes])
    .toString('base64')
    .slice(3, 14),
  Buffer.concat([Buffer.from('xy'), bytes])
    .toString('base64url')
    .slice(3, 14),
  shaped,
]

/** One trace with a canary in every field that a caller can fill. */
export function plantEverywhere(sink: TraceSink): void {
  for (const text of disguises) {
    const data = { text, nested: [{ [text]: text }], log: `before ${text} after` }
    const root = sink.startSpan({
      name: `invoke ${text}`,
      type: 'agent',
      input: data,
      metadata: { note: text, [text]: 'key' },
      sessionId: text,
      userId: text,
      tags: [text],
    })
    const child = root.startSpan({ name: `tool ${text}`, type: 'tool', input: text, metadata: { note: text } })
    child.event({ name: `event ${text}`, level: 'warning', input: data, metadata: { note: text } })
    child.end({ output: data, metadata: { deep: { note: text } }, level: 'error', statusMessage: `failed: ${text}` })
    root.end({ output: text, statusMessage: text })
  }
}
