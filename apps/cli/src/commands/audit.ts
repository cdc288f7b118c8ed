import { type AuditEntry, type ChainEnd, verifyAuditChain } from '@caisson/client'
import { OperationError } from '@caisson/core'
import type { Command } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import { printable } from '../output/printable.ts'
import { command, type Surroundings } from '../session.ts'

export function addAudit(program: Command, surroundings: Surroundings): void {
  const audit = program.command('audit').description('the audit log; needs a key with the role operator')
  audit
    .command('list', { isDefault: true })
    .description('print the log, oldest first, one JSON text a line')
    .action(
      command(surroundings, async ({ client, terminal, json }) => {
        for await (const entry of client.audit.list()) {
          terminal.out(json ? `${JSON.stringify(entry)}\n` : `${entry.sequence} ${printable(entry.event)}\n`)
        }
      }),
    )
  audit
    .command('verify')
    .description('reckon the chain of hashes anew: nothing was changed, taken out, moved or cut off')
    .option('--head <sequence:hash...>', 'ends that were noted elsewhere before, and must still be in the chain')
    .action(
      command(surroundings, async (session, { head = [] }: { readonly head?: readonly string[] }) => {
        const { organization, ...now } = await session.client.audit.head()
        const noted = head.map(parseHead)
        const verdict = await verifyAuditChain(
          organization,
          upTo(session.client.audit.list(), now.sequence),
          now,
          ...noted,
        )
        session.show({ ...verdict, organization, head: now }, () =>
          verdict.intact
            ? `${verdict.events} events, all as they were written; the end is ${now.sequence}:${now.hash}`
            : `the log is not what was written: ${verdict.reason}`,
        )
        return verdict.intact ? exitCodes.ok : exitCodes.failed
      }),
    )
}

/** What is written meanwhile is none of this verification's. */
async function* upTo(entries: AsyncIterable<AuditEntry>, last: number): AsyncIterable<AuditEntry> {
  for await (const entry of entries) {
    if (entry.sequence > last) return
    yield entry
  }
}

function parseHead(text: string): ChainEnd {
  // That of a log in which nothing stands yet.
  if (text === '0:') return { sequence: 0, hash: '' }
  const [, sequence, hash] = /^(\d{1,15}):([\da-f]{64})$/.exec(text) ?? []
  if (sequence !== undefined && hash !== undefined) return { sequence: Number(sequence), hash }
  throw new OperationError('invalid-operation', `${text} is not the end of a chain`, {
    field: '--head',
    remedy: 'give it as caisson audit verify printed it',
  })
}
