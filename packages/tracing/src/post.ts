import { setTimeout } from 'node:timers/promises'

export interface Posting {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
  /** Limit for all attempts together. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Answers after which the same request may succeed. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504])
const attempts = 2
const pauseMs = 200
/** More of an answer is of no use. */
const maxAnswerLength = 65_536

/** Posts JSON, once more after a failure that passes. Resolves with the answer, parsed if it is JSON; rejects with what was wrong. */
export async function post({ url, headers, body, timeoutMs, signal }: Posting): Promise<unknown> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(url, {
      method: 'POST',
      // Where the keys would go with it.
      redirect: 'error',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
      signal: either,
    })
    const text = (await response.text()).slice(0, maxAnswerLength)
    if (response.ok) return parsed(text)
    if (attempt === attempts || !passing.has(response.status)) {
      throw new Error(`answered ${response.status}: ${text.slice(0, 200)}`)
    }
    await setTimeout(pauseMs, undefined, { signal: either, ref: false })
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
