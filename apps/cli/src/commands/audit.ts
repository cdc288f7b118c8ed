import { type AuditEntry, type AuditVerdict, type ChainEnd, verifyAuditChain } from '@caisson/client'
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
        const noted = head.map(parseHead)
        const { organization, ...before } = await session.client.audit.head()
        let end: ChainEnd = { sequence: 0, hash: '' }
        const chain = await verifyAuditChain(
          organization,
          watched(session.client.audit.list(), ({ sequence, hash }) => (end = { sequence, hash })),
          before,
          ...noted,
        )
        // What was written meanwhile is in the log and moved its end on. An end that lies before that hides something.
        const after = await session.client.audit.head()
        const verdict: AuditVerdict =
          chain.intact && after.sequence < end.sequence
            ? {
                intact: false,
                at: after.sequence + 1,
                reason: `it goes on after event ${after.sequence}, its noted end`,
              }
            : chain
        session.show({ ...verdict, organization, head: end }, () =>
          verdict.intact
            ? `${verdict.events} events, all as they were written; the end is ${end.sequence}:${end.hash}`
            : `the log is not what was written: ${verdict.reason}`,
        )
        return verdict.intact ? exitCodes.ok : exitCodes.failed
      }),
    )
}

async function* watched(
  entries: AsyncIterable<AuditEntry>,
  see: (entry: AuditEntry) => void,
): AsyncIterable<AuditEntry> {
  for await (const entry of entries) {
    see(entry)
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
