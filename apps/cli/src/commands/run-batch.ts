import { hourMs, type Language, OperationError, type OperationInput } from '@caisson/core'
import type { Command } from 'commander'
import { type BatchItems, readItems, uploadDocuments } from '../batch-items.ts'
import { exitCodes } from '../exit-codes.ts'
import {
  addOperationOptions,
  codeOperation,
  type OperationOptions,
  parseDuration,
  parseNumber,
} from '../operation-options.ts'
import { command, type Session, type Surroundings } from '../session.ts'
import { followBatch } from './follow-batch.ts'
import { languageOption } from './run.ts'

interface BatchOptions extends OperationOptions {
  readonly language?: Language | undefined
  readonly items?: string | undefined
  readonly documents?: string | undefined
  readonly concurrency: number
  readonly attempts: number
  readonly itemTimeout?: number | undefined
  readonly detach?: boolean
}

export function addRunBatch(batches: Command, surroundings: Surroundings): void {
  addOperationOptions(batches.command('run <script>'))
    .description('run a script for every item: it reads the item as JSON from standard input and prints the result')
    .addOption(languageOption())
    .option('--items <file>', 'an array of JSON, or JSON line by line; - is standard input')
    .option('--documents <directory>', 'every file below is an item, { name }, and lies in the sandbox as "document"')
    .option('--concurrency <number>', 'sandboxes at one time', parseNumber, 4)
    .option('--attempts <number>', 'tries of one item at most', parseNumber, 3)
    .option(
      '--item-timeout <time>',
      'wall-clock limit of one try of one item; default: that of the batch',
      parseDuration,
    )
    .option('-d, --detach', 'print the id of the run and do not wait')
    .addHelpText(
      'after',
      `
The time limit is that of the whole batch; default: an hour. Exits with 1 when items failed.

Examples:
  caisson batches run scan.py --documents contracts --concurrency 8
  caisson batches run check.py --items customers.jsonl --timeout 4h --detach`,
    )
    .action(
      command(surroundings, async (session, script: string, options: BatchOptions) => {
        const run = await session.client.runs.submit(await batchOperation(session, script, options))
        if (options.detach === true) {
          session.show(run, () => run.id)
          return exitCodes.ok
        }
        if (!session.json) session.terminal.err(`run ${run.id}\n`)
        return await followBatch(session, run.id)
      }),
    )
}

async function batchOperation(session: Session, script: string, options: BatchOptions): Promise<OperationInput> {
  const { concurrency, attempts, itemTimeout: itemTimeoutMs, language, timeout = hourMs } = options
  const operation = await codeOperation(script, language, { ...options, timeout })
  if (operation.kind !== 'code.execute' || operation.input.stdin !== undefined) {
    throw new OperationError('invalid-operation', 'an item is the standard input of its script', { field: '--stdin' })
  }
  const items = await itemsOf(session, options)
  return {
    ...operation,
    kind: 'batch.run',
    input: {
      task: operation.input,
      ...items,
      concurrency,
      retry: { attempts },
      ...(itemTimeoutMs === undefined ? {} : { itemTimeoutMs }),
    },
  }
}

async function itemsOf({ client }: Session, { items, documents }: BatchOptions): Promise<BatchItems> {
  if (items !== undefined && documents === undefined) return await readItems(items)
  if (documents !== undefined && items === undefined) return await uploadDocuments(client, documents)
  throw new OperationError('invalid-operation', 'a batch has either --items or --documents', {
    remedy: 'name one of them',
  })
}
