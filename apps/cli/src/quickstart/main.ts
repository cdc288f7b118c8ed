import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createClient } from '@caisson/client'
import { isOperationError, OperationError, toErrorData } from '@caisson/core'
import { exitCodeOfError, exitCodes } from '../exit-codes.ts'
import { saveArtifacts } from '../save-artifacts.ts'
import { readOffer } from './offer.ts'
import { parsePlaceName, type PlaceName, preparePlace } from './places/places.ts'
import { printLine, printProgress } from './print.ts'
import { workThrough } from './progress.ts'
import { formatReport } from './report.ts'
import { runStep, type StepResult } from './scenario.ts'
import { startService } from './service.ts'
import { analyseTable } from './steps/analyse-table.ts'
import { callService } from './steps/call-service.ts'
import { misbehave } from './steps/misbehave.ts'
import { parseDocuments } from './steps/parse-documents.ts'
import { runAgents } from './steps/run-agents.ts'
import { runBatch } from './steps/run-batch.ts'
import { useHost } from './steps/use-host.ts'

interface Options {
  readonly help: boolean
  readonly json: boolean
  readonly place: PlaceName
}

const usage = `Usage: npm run quickstart [-- --adapter local|local:gvisor|docker|podman] [--json]`
const help = `${usage}

Runs the seven operations of the decision matrix on real input, through a service of its own, and compares each with what must happen.

  --adapter <name>  where sandboxes are made; default: local
  --json            print the runs with their decisions as JSON
  --help            print this

Ends with 0 when all is as expected, and with 1 when something is not. State, artifacts and traces lie in .caisson/quickstart,
or beside it in .caisson/quickstart-<adapter>.

Examples:
  npm run quickstart
  npm run quickstart -- --adapter docker
  npm run --silent quickstart -- --json > results.json`
const giveUp = new AbortController()

/** The first time in order, so that everything is taken down again; the second time at once. */
function onSignal(): void {
  if (giveUp.signal.aborted) process.exit(exitCodes.cancelled)
  printProgress('caisson quickstart: given up; taking everything down')
  giveUp.abort()
}
process.on('SIGINT', onSignal)
process.on('SIGTERM', onSignal)

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        json: { type: 'boolean', default: false },
        adapter: { type: 'string', default: 'local' },
      },
    })
    return { help: values.help, json: values.json, place: parsePlaceName(values.adapter) }
  } catch (cause) {
    if (isOperationError(cause)) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new OperationError('invalid-operation', message, { remedy: usage, cause })
  }
}

/** Each place has its own, so that one can be tried beside the other. */
function directoriesOf({ place }: Options): { readonly state: string; readonly artifacts: string } {
  const state = resolve(place === 'local' ? '.caisson/quickstart' : `.caisson/quickstart-${place}`)
  return { state, artifacts: join(state, 'artifacts') }
}

async function runScenario(options: Options): Promise<readonly StepResult[]> {
  const { json, place: name } = options
  const { state, artifacts } = directoriesOf(options)
  const { signal } = giveUp
  await using place = await preparePlace(name, (text) => printProgress(`caisson quickstart: ${text}`))
  signal.throwIfAborted()
  printProgress(`caisson quickstart: starting the service, state in ${state}`)
  await using service = await startService(state, place.environment)
  await using server = await callService()
  const client = createClient(service)
  const steps = [
    analyseTable(),
    ...parseDocuments(),
    ...misbehave(),
    runAgents(),
    runBatch(),
    server.step,
    ...useHost(),
  ]
  const offer = await readOffer(client)
  const results = new Map<string, StepResult>()
  await workThrough(
    steps.map((step) => ({
      title: step.title,
      work: async () => {
        if (signal.aborted) return ['given up']
        const result = await runStep(client, step, { offer, signal })
        results.set(step.title, result)
        return result.problems
      },
    })),
    process.stdout.isTTY && !json ? 'terminal' : 'lines',
  )
  signal.throwIfAborted()
  await rm(artifacts, { recursive: true, force: true })
  const inOrder = steps.flatMap(({ title }) => results.get(title) ?? [])
  for (const { title, run } of inOrder) {
    const folder = title.replaceAll(/\W+/g, '-')
    await saveArtifacts(client, run?.artifacts ?? [], join(artifacts, folder))
  }
  return inOrder
}

function report(results: readonly StepResult[], options: Options): void {
  const { state, artifacts } = directoriesOf(options)
  if (options.json) printLine(JSON.stringify({ directory: state, results }, undefined, 2))
  else {
    printLine('')
    printLine(formatReport(results, process.stdout.columns ?? 160))
    printLine('')
    printLine(`Artifacts: ${artifacts}`)
    printLine(`Traces:    ${join(state, 'traces.jsonl')}`)
  }
  process.exitCode = results.every(({ problems }) => problems.length === 0) ? exitCodes.ok : exitCodes.failed
}

try {
  const options = readOptions()
  if (options.help) printLine(help)
  else report(await runScenario(options), options)
} catch (error) {
  if (giveUp.signal.aborted) process.exitCode = exitCodes.cancelled
  else {
    const { message, remedy } = toErrorData(error)
    printProgress(`caisson quickstart: ${message}${remedy === undefined ? '' : `\n${remedy}`}`)
    process.exitCode = exitCodeOfError(error)
  }
}
