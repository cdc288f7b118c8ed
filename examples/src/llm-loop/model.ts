import { z } from 'zod'

/** One turn of a conversation. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** Any language model. Rejects when it cannot answer now: whoever asks tries again. */
export interface Model {
  readonly answer: (conversation: readonly Message[], signal: AbortSignal) => Promise<string>
}

/** A model behind an HTTP API of the kind that OpenAI began and most others have. */
export function createHttpModel({
  url,
  apiKey,
  model,
}: {
  readonly url: string
  readonly apiKey: string
  readonly model: string
}): Model {
  return {
    answer: async (messages, signal) => {
      const response = await fetch(`${url}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
        body: JSON.stringify({ model, messages }),
        signal,
      })
      if (!response.ok) throw new Error(`the model answered with ${response.status}`)
      const body: unknown = await response.json()
      const text = textOf(body)
      if (text === undefined) throw new Error('the model gave no answer')
      return text
    },
  }
}

function textOf(body: unknown): string | undefined {
  const answer = z
    .object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1) })
    .safeParse(body)
  return answer.data?.choices[0]?.message.content
}

/** A model that says what it was told to, for tests and demonstrations. An `Error` is a failure of the API. */
export function createScriptedModel(
  script: readonly (string | Error)[],
): Model & { readonly conversations: readonly (readonly Message[])[] } {
  const left = [...script]
  const conversations: (readonly Message[])[] = []
  return {
    conversations,
    answer: async (conversation) => {
      conversations.push([...conversation])
      const next = left.shift() ?? new Error('the script is over')
      if (next instanceof Error) throw next
      return await Promise.resolve(next)
    },
  }
}
