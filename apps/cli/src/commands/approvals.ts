import type { ApprovalDetails } from '@caisson/client'
import { type Approval, approvalSchema } from '@caisson/core'
import { type Command, Option } from 'commander'
import { printable } from '../output/printable.ts'
import { formatAge } from '../output/time.ts'
import { formatTable } from '../quickstart/table.ts'
import { command, type Surroundings } from '../session.ts'

interface ListOptions {
  readonly state?: Approval['state'] | undefined
}

export function addApprovals(program: Command, surroundings: Surroundings): void {
  const approvals = program.command('approvals').description('list what waits for a person, and answer it')
  approvals
    .command('list', { isDefault: true })
    .description('list approvals, newest first')
    .addOption(new Option('-s, --state <state>', 'only these').choices(approvalSchema.shape.state.options))
    .action(
      command(surroundings, async (session, { state }: ListOptions) => {
        const listed = await session.client.approvals.list({ state })
        session.show(listed, () => {
          const rows = listed.map((approval) => {
            const { id, kind, run, requestedAtMs, decidedBy = '-', summary } = approval
            return [
              id,
              standing(approval),
              kind,
              run,
              formatAge(requestedAtMs),
              printable(decidedBy),
              printable(summary),
            ]
          })
          return formatTable([['approval', 'state', 'kind', 'run', 'asked', 'by', 'what'], ...rows], {
            flexible: 6,
            width: session.terminal.columns,
          })
        })
      }),
    )
  approvals
    .command('show <approval>')
    .description('show what exactly is granted; needs a key with the role operator')
    .action(
      command(surroundings, async (session, id: string) => {
        const details = await session.client.approvals.show(id)
        session.show(details, () => formatApproval(details))
      }),
    )
  for (const verdict of ['grant', 'deny'] as const) {
    approvals
      .command(`${verdict} <approval>`)
      .description(`${verdict} what waits; needs a key with the role operator`)
      .option('-r, --reason <text>', 'kept in the audit log')
      .action(
        command(surroundings, async (session, id: string, { reason }: { readonly reason?: string }) => {
          const approval = await session.client.approvals[verdict](id, reason)
          session.show(approval, () => `${standing(approval)}: ${printable(approval.summary)}`)
        }),
      )
  }
}

function standing({ state, people = 1, grants = [], escalatedAtMs }: Approval): string {
  const some = state === 'pending' && people > 1 ? `, ${grants.length} of ${people} agreed` : ''
  return `${state}${some}${state === 'pending' && escalatedAtMs !== undefined ? ', overdue' : ''}`
}

function formatApproval({ approval, decision, operation }: ApprovalDetails): string {
  const { id, summary, requestedBy, requestedAtMs, bindingHash } = approval
  return [
    `${id}: ${standing(approval)}`,
    printable(summary),
    `asked ${formatAge(requestedAtMs)}${requestedBy === undefined ? '' : ` by ${printable(requestedBy)}`}, binding ${bindingHash.slice(0, 12)}`,
    ...(decision?.reasons ?? []).map(({ code, text }) => `  ${printable(text)} [${code}]`),
    '',
    ...operation.split('\n').map(printable),
  ].join('\n')
}
