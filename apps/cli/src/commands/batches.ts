import { type BatchItem, type BatchItemState, batchItemStates, type BatchProgress } from '@caisson/client'
import { type Command, Option } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import { parseNumber } from '../operation-options.ts'
import { printable } from '../output/printable.ts'
import { formatAge } from '../output/time.ts'
import { formatTable } from '../quickstart/table.ts'
import { command, type Surroundings } from '../session.ts'
import { describeBatch, followBatch } from './follow-batch.ts'
import { addRunBatch } from './run-batch.ts'

export function addBatches(program: Command, surroundings: Surroundings): void {
  const batches = program
    .command('batches')
    .description('run a script for thousands of items; list batches, follow one, retry what failed')
    .addHelpText(
      'after',
      `
A batch is submitted as a run and goes by its id.

Examples:
  caisson batches run scan.py --documents contracts
  caisson batches
  caisson batches show -f RUN
  caisson batches items RUN --state dead --json
  caisson batches retry RUN`,
    )
  addRunBatch(batches, surroundings)
  batches
    .command('list', { isDefault: true })
    .description('list batches, newest first')
    .option('-n, --limit <number>', 'at most this many', parseNumber, 20)
    .action(
      command(surroundings, async (session, { limit }: { readonly limit: number }) => {
        const listed = await session.client.batches.list({ limit })
        session.show(listed, () => {
          const rows = listed.map(rowOf)
          const head = ['run', 'state', 'done', 'of', 'failed', 'retries', 'begun']
          return formatTable([head, ...rows], { flexible: 0, width: session.terminal.columns })
        })
      }),
    )
  batches
    .command('show <run>')
    .description('how far a batch is, and why it does not go on')
    .option('-f, --follow', 'go on until it is over; exits with 1 when items failed')
    .addHelpText(
      'after',
      `
With --json and --follow each change is one line.

Examples:
  caisson batches show -f 3v8p1o5n2k`,
    )
    .action(
      command(surroundings, async (session, run: string, { follow = false }: { readonly follow?: boolean }) => {
        if (!follow) {
          const batch = await session.client.batches.get(run)
          session.show(batch, () => describeBatch(batch))
          return exitCodes.ok
        }
        return await followBatch(session, run)
      }),
    )
  batches
    .command('items <run>')
    .description('the items of a batch, with what became of them')
    .addOption(new Option('-s, --state <states...>', 'only these').choices(batchItemStates))
    .addHelpText(
      'after',
      `
With --json each item is one line.

Examples:
  caisson batches items 3v8p1o5n2k --state dead`,
    )
    .action(
      command(
        surroundings,
        async ({ client, terminal, json }, run: string, { state }: { readonly state?: readonly BatchItemState[] }) => {
          for await (const item of client.batches.items(run, { states: state })) {
            terminal.out(json ? `${JSON.stringify(item)}\n` : `${describeItem(item)}\n`)
          }
        },
      ),
    )
  batches
    .command('retry <run>')
    .description('run the items that failed once more, as a new batch')
    .action(
      command(surroundings, async (session, id: string) => {
        const run = await session.client.batches.retry(id)
        session.show(run, () => run.id)
      }),
    )
}

function rowOf({ run, state, counts, total, retries, createdAtMs }: BatchProgress): readonly string[] {
  const done = total - counts.waiting - counts.running
  const failed = counts.dead + counts.cancelled
  return [run, state, String(done), String(total), String(failed), String(retries), formatAge(createdAtMs)]
}

function describeItem({ index, state, attempts, result, error, outcome, stderr }: BatchItem): string {
  const reason = error?.message ?? (outcome?.kind === 'exited' ? `exit code ${outcome.code}` : outcome?.kind) ?? ''
  const last = stderr?.trim().split('\n').at(-1) ?? ''
  const what = state === 'succeeded' ? JSON.stringify(result) : [reason, last].filter((text) => text !== '').join(': ')
  return `${index}\t${state}\t${attempts === 1 ? '1 try' : `${attempts} tries`}\t${printable(what)}`
}
