import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createClient } from '@caisson/client'
import { toErrorData } from '@caisson/core'
import { saveArtifacts } from '../save-artifacts.ts'
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

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
})
const directory = resolve('.caisson/quickstart')
const artifactDirectory = join(directory, 'artifacts')

async function runScenario(): Promise<readonly StepResult[]> {
  printProgress(`caisson quickstart: starting the service, state in ${directory}`)
  await using service = await startService(directory)
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
  const results: StepResult[] = []
  await workThrough(
    steps.map((step) => ({
      title: step.title,
      work: async () => {
        const result = await runStep(client, step)
        results.push(result)
        return result.problems
      },
    })),
    process.stdout.isTTY && !options.json ? 'terminal' : 'lines',
  )
  await rm(artifactDirectory, { recursive: true, force: true })
  for (const { title, run } of results) {
    const folder = title.replaceAll(/\W+/g, '-')
    await saveArtifacts(client, run?.artifacts ?? [], join(artifactDirectory, folder))
  }
  return results
}

function report(results: readonly StepResult[]): void {
  if (options.json) printLine(JSON.stringify({ directory, results }, undefined, 2))
  else {
    printLine('')
    printLine(formatReport(results, process.stdout.columns ?? 160))
    printLine('')
    printLine(`Artifacts: ${artifactDirectory}`)
    printLine(`Traces:    ${join(directory, 'traces.jsonl')}`)
  }
  process.exitCode = results.every(({ problems }) => problems.length === 0) ? 0 : 1
}

try {
  report(await runScenario())
} catch (error) {
  const { message, remedy } = toErrorData(error)
  printProgress(`caisson quickstart: ${message}${remedy === undefined ? '' : `\n${remedy}`}`)
  process.exitCode = 1
}
