let waiting = 0
let pulse: NodeJS.Timeout | undefined

/** Keeps the program from ending while somebody waits for the daemon, whose connections do not. Dispose it when the wait is over. */
export function keepRunning(): Disposable {
  pulse ??= setInterval(() => undefined, 0x7fff_ffff)
  pulse.ref()
  waiting += 1
  return {
    [Symbol.dispose]: () => {
      waiting -= 1
      if (waiting === 0) pulse?.unref()
    },
  }
}
