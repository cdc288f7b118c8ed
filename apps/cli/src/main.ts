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

process.exitCode = await runProgram(process.argv.slice(2), {
  terminal: systemTerminal(),
  signal: giveUp.signal,
  connect: systemConnect,
})
