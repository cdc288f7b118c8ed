import { array, assert, constantFrom, infiniteStream, nat, oneof, property, record, stringMatching } from 'fast-check'
import { expect, it } from 'vitest'
import { createEventOrder, type OutputStream } from '../src/kernel/event-order.ts'

const mark = new TextEncoder().encode('\0\0nonce\0')
const streams = ['stdout', 'stderr'] as const

const said = oneof(
  record({ stream: constantFrom(...streams), text: stringMatching(/^[ab\0n]{1,6}$/) }),
  constantFrom({ event: 'result' } as const, { event: 'end' } as const),
)

it('tells text and events in the order in which a kernel said them, however they are read', () => {
  assert(
    property(array(said, { maxLength: 30 }), infiniteStream(nat(5)), (words, draws) => {
      const draw = (count: number): number => (draws.next().value ?? 0) % count
      const pipes: Record<OutputStream, number[]> = { stdout: [], stderr: [] }
      const told: string[] = []
      const order = createEventOrder({
        mark,
        onText: (stream, text) => void told.push(...Array.from(text, (character) => `${stream} ${character}`)),
        onEvent: ({ event }) => void told.push(event),
        takeWritten: () => {
          for (const stream of streams) order.text(stream, Uint8Array.from(pipes[stream].splice(0)))
          return true
        },
      })
      const events: ('result' | 'end')[] = []
      const isPending = (): boolean => told.filter((entry) => entry === 'end').length < ends
      let ends = 0
      const read = (): void => {
        const stream = streams[draw(2)] ?? 'stdout'
        if (draw(3) > 0) order.text(stream, Uint8Array.from(pipes[stream].splice(0, 1 + draw(5))))
        else
          for (const event of events.splice(0))
            order.event(event === 'end' ? { event } : { event, main: false, data: {} })
        order.settle()
      }
      for (const word of words) {
        if ('stream' in word) pipes[word.stream].push(...new TextEncoder().encode(word.text))
        else {
          if (word.event === 'result') for (const stream of streams) pipes[stream].push(...mark)
          events.push(word.event)
          if (word.event === 'end') ends += 1
          // After the end of a cell a kernel says nothing before the next one, which it gets when that has been told.
          while (isPending()) read()
        }
        read()
      }
      while (events.length > 0) read()
      for (const stream of streams) order.text(stream, Uint8Array.from(pipes[stream].splice(0)))
      order.settle()
      order.end()

      const expected = words.flatMap((word) =>
        'stream' in word ? Array.from(word.text, (character) => `${word.stream} ${character}`) : [word.event],
      )
      for (const stream of streams) {
        const others = streams.find((other) => other !== stream)
        const seen = (list: readonly string[]) => list.filter((entry) => !entry.startsWith(`${others} `))
        expect(seen(told)).toEqual(seen(expected))
      }
    }),
  )
})
