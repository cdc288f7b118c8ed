/** The result: standard output. */
export function printLine(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Everything on the way to it: standard error, so that `--json` stays clean. */
export function printProgress(text: string): void {
  process.stderr.write(`${text}\n`)
}
