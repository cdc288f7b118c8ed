import { type Run, runStatuses, type RunStatus } from '@caisson/core'
import { type Command, Option } from 'commander'
import { writeOutput } from '../follow-operation.ts'
import { parseNumber } from '../operation-options.ts'
import { formatDecision } from '../output/format-decision.ts'
import { printable } from '../output/printable.ts'
import { formatAge, formatCost, formatDuration } from '../output/time.ts'
import { formatTable } from '../quickstart/table.ts'
import { command, type Surroundings } from '../session.ts'

interface ListOptions {
  readonly status?: RunStatus | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export function addRuns(program: Command, surroundings: Surroundings): void {
  const runs = program.command('runs').description('list runs, or look at one')
  runs
    .command('list', { isDefault: true })
    .description('list runs, newest first')
    .addOption(new Option('-s, --status <status>', 'only these').choices(runStatuses))
    .option('-n, --limit <number>', 'at most this many', parseNumber, 20)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(
      command(surroundings, async (session, { status, limit, cursor }: ListOptions) => {
        const statuses = status === undefined ? undefined : [status]
        const page = await session.client.runs.list({ statuses, limit, cursor })
        session.show(page, () => {
          const rows = page.runs.map((run) => [
            run.id,
            run.kind,
            run.status,
            run.placement,
            run.finishedAtMs === undefined ? '-' : formatDuration(run.finishedAtMs - run.createdAtMs),
            formatCost(run.usage.costUsd),
            formatAge(run.createdAtMs),
            printable(run.error?.message ?? ''),
          ])
          const table = formatTable([['run', 'kind', 'status', 'where', 'took', 'cost', 'begun', 'error'], ...rows], {
            flexible: 7,
            width: session.terminal.columns,
          })
          return page.next === undefined ? table : `${table}\nmore: --cursor ${page.next}`
        })
      }),
    )
  runs
    .command('show <run>')
    .description('everything about one run')
    .action(
      command(surroundings, async (session, id: string) => {
        const run = await session.client.runs.get(id)
        session.show(run, () => describeRun(run, session.terminal.columns))
      }),
    )
  runs
    .command('cancel <run>')
    .description('end a run')
    .action(
      command(surroundings, async (session, id: string) => {
        const run = await session.client.runs.cancel(id)
        session.show(run, () => run.status)
      }),
    )
  runs
    .command('callback-secret')
    .description('print what is signed with when a run that this key submits calls back (run --callback)')
    .action(
      command(surroundings, async (session) => {
        const secret = await session.client.runs.callbackSecret()
        session.show({ secret }, () => secret)
      }),
    )
}

export function addLogs(program: Command, surroundings: Surroundings): void {
  program
    .command('logs <run>')
    .description('the output of a run')
    .option('-f, --follow', 'go on until the run is over')
    .addHelpText(
      'after',
      `
Standard output and standard error go where they belong. With --json each event is one line.

Examples:
  caisson logs -f 3v8p1o5n2k
  caisson logs --json 3v8p1o5n2k`,
    )
    .action(
      command(surroundings, async (session, id: string, { follow }: { readonly follow?: boolean }) => {
        const { client, terminal, json, signal } = session
        const events = follow === true ? client.runs.events(id, { signal }) : client.runs.log(id)
        for await (const event of events) {
          if (json) terminal.out(`${JSON.stringify(event)}\n`)
          else if (event.type === 'output') writeOutput(session, event)
        }
      }),
    )
}

function describeRun(run: Run, columns: number): string {
  const { id, kind, status, outcome, error, attempts, artifacts, usage, decision } = run
  const took = run.finishedAtMs === undefined ? '' : ` after ${formatDuration(run.finishedAtMs - run.createdAtMs)}`
  const ending = outcome === undefined ? '' : ` (${outcome.kind}${outcome.kind === 'exited' ? ` ${outcome.code}` : ''})`
  return [
    `run ${id}: ${kind}, ${status}${ending}${took}, begun ${formatAge(run.createdAtMs)}`,
    `leased ${formatDuration(usage.leasedMs)}, cost ${formatCost(usage.costUsd)}`,
    ...(error === undefined ? [] : [`error ${error.code}: ${printable(error.message)}`]),
    ...attempts.map(
      ({ adapter, sandbox = '-', acquired = '-', error }) =>
        `attempt on ${adapter}: sandbox ${sandbox}, ${acquired}${error === undefined ? '' : `: ${printable(error.message)}`}`,
    ),
    ...artifacts.map(({ id, path, sizeBytes }) => `artifact ${id}: ${printable(path)}, ${sizeBytes} bytes`),
    ...(decision === undefined ? [] : ['', formatDecision(decision, columns)]),
  ].join('\n')
}
