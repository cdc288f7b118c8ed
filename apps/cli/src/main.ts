import { exitCodes } from './exit-codes.ts'
import { systemTerminal } from './output/terminal.ts'
import { runProgram } from './program.ts'
import { systemConnect } from './session.ts'

const giveUp = new AbortController()

/** The first time politely, so that the run is cancelled; the second time at once. */
function onSignal(): void {
  if (giveUp.signal.aborted) process.exit(exitCodes.cancelled)
  giveUp.abort()
}
process.on('SIGINT', onSignal)
process.on('SIGTERM', onSignal)

let isDeaf = false

// Nobody waits for the result any more, so the run is cancelled as well.
function onDeaf(): void {
  isDeaf = true
  giveUp.abort()
}

const exitCode = await runProgram(process.argv.slice(2), {
  terminal: systemTerminal(onDeaf),
  signal: giveUp.signal,
  connect: systemConnect,
})
// A reader that has seen enough is no failure.
process.exitCode = isDeaf ? exitCodes.ok : exitCode
