import { asFields, asFlag, asText, type Fields } from '../fields.ts'

/** What a kernel says. It runs the user's code and may say anything. */
export type KernelEvent =
  | { readonly event: 'ready' }
  | { readonly event: 'result'; readonly main: boolean; readonly data: Fields }
  | {
      readonly event: 'error'
      readonly name: string
      readonly value: string
      readonly traceback: string
      readonly stateLost?: boolean
    }
  | { readonly event: 'end' }

/** One line of a kernel. Throws when it is none. */
export function parseKernelEvent(line: string): KernelEvent {
  const fields = asFields(JSON.parse(line), 'event')
  switch (fields['event']) {
    case 'ready':
    case 'end':
      return { event: fields['event'] }
    case 'result':
      return { event: 'result', main: asFlag(fields['main'], 'main'), data: asFields(fields['data'], 'data') }
    case 'error': {
      const text = (name: string): string => asText(fields[name], name)
      return { event: 'error', name: text('name'), value: text('value'), traceback: text('traceback') }
    }
    default:
      throw new Error('a kernel said something that it cannot say')
  }
}
