import type { TraceSink } from '../../src/index.ts'

/** A secret that nobody can tell by its look, and one that everybody can. */
export const canary = 'Blue-Heron/77?&é'
export const shaped = `ghp_${'Ab1'.repeat(12)}`
/** Personal data, by their look. */
const address = 'grace.hopper+navy@mail.example.org'
const cards = ['4111 1111 1111 1111', '5500-0000-0000-0004', '378282246310005']

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
  address,
  ...cards,
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
  'grace.hopper',
  'navy@mail',
  ...cards.map((card) => card.slice(0, 14)),
]

/** How many spans, events included, `plantEverywhere` makes. */
export const plantedSpans = disguises.length * 3

/** One trace with a canary in every field that a caller can fill: names of files, variables of an environment and exceptions included. */
export function plantEverywhere(sink: TraceSink): void {
  for (const text of disguises) {
    const data = {
      text,
      nested: [{ [text]: text }],
      log: `before ${text} after`,
      files: [{ path: `in/${text}.txt`, bytes: 3 }],
      env: { [`NAME_${text}`]: text, HOME: text },
      error: new Error(`cannot read ${text}`, { cause: new Error(text) }),
    }
    const root = sink.startSpan({
      name: `invoke ${text}`,
      type: 'agent',
      input: data,
      metadata: { note: text, [text]: 'key' },
      sessionId: text,
      userId: text,
      tags: [text],
      organization: text,
    })
    const child = root.startSpan({ name: `tool ${text}`, type: 'tool', input: text, metadata: { note: text } })
    child.event({ name: `event ${text}`, level: 'warning', input: data, metadata: { note: text } })
    child.score({ name: `score ${text}`, value: text, comment: `because of ${text}` })
    child.end({
      usage: { [text]: 1 },
      output: data,
      metadata: { deep: { note: text } },
      level: 'error',
      statusMessage: `failed: ${text}`,
    })
    root.end({ output: text, statusMessage: text })
  }
}
