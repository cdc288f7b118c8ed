/**
 * The same values; a failure waits for who asks for the value in whose place it comes. tRPC's streams ask for the next value before the last one is sent, and listen
 * to the answer only afterwards: to Node a failure in between is nobody's, which ends the process.
 */
export function holdFailures<Value>(values: AsyncIterable<Value>): AsyncIterable<Value> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = values[Symbol.asyncIterator]()
      return {
        // Its own promise must be the one that is listened to.
        next: () => {
          const next = iterator.next()
          next.catch(() => undefined)
          return next
        },
        return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
      }
    },
  }
}
