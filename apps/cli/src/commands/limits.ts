import type { Budget, Quota } from '@caisson/client'
import { gib } from '@caisson/core'
import type { Command } from 'commander'
import { printable } from '../output/printable.ts'
import { formatCost } from '../output/time.ts'
import { formatTable } from '../quickstart/table.ts'
import { parseAmount } from '../parse-amount.ts'
import { command, type Surroundings } from '../session.ts'

interface QuotaOptions {
  readonly sandboxes?: number
  readonly creates?: number
  readonly cpus?: number
  readonly memory?: number
  readonly runs?: number
}

const organizationName = 'organization'

export function addQuotas(program: Command, surroundings: Surroundings): void {
  const quotas = program.command('quotas').description('what the organization and its agents may have at one time')
  quotas
    .command('list', { isDefault: true })
    .description('list quotas')
    .action(
      command(surroundings, async (session) => {
        const listed = await session.client.quotas.list()
        session.show(listed, () => {
          const rows = listed.map(toRow)
          return formatTable([['who', 'sandboxes', 'creates/min', 'CPUs', 'GiB', 'runs/day'], ...rows], {
            flexible: 0,
            width: session.terminal.columns,
          })
        })
      }),
    )
  quotas
    .command('set <agent>')
    .description('set what one agent may have, as its key is named; needs a key with the role admin')
    .option('--sandboxes <number>', 'sandboxes at one time', parseAmount)
    .option('--creates <number>', 'new sandboxes in a minute', parseAmount)
    .option('--cpus <number>', 'CPUs of all its sandboxes together', parseAmount)
    .option('--memory <gib>', 'GiB of memory of all its sandboxes together', parseAmount)
    .option('--runs <number>', 'runs in a day (UTC)', parseAmount)
    .action(
      command(surroundings, async (session, agent: string, options: QuotaOptions) => {
        const { sandboxes, creates, cpus, memory, runs } = options
        const quota: Quota = {
          agent,
          sandboxes,
          createsPerMinute: creates,
          cpus,
          memoryBytes: memory === undefined ? undefined : Math.round(memory * gib),
          runsPerDay: runs,
        }
        await session.client.quotas.set(quota)
        session.show(quota, () => 'set')
      }),
    )
}

export function addBudgets(program: Command, surroundings: Surroundings): void {
  const budgets = program.command('budgets').description('what the organization and its agents may spend in a month')
  budgets
    .command('list', { isDefault: true })
    .description('list budgets')
    .action(
      command(surroundings, async (session) => {
        const listed = await session.client.budgets.list()
        session.show(listed, () => {
          const rows = listed.map(({ agent, month, committedUsd, softUsd, hardUsd }) => [
            agent === '' ? organizationName : agent,
            month,
            formatCost(committedUsd),
            softUsd === undefined ? '-' : `$${softUsd}`,
            hardUsd === undefined ? '-' : `$${hardUsd}`,
          ])
          return formatTable([['who', 'month', 'spent or kept back', 'warning', 'stop'], ...rows], {
            flexible: 0,
            width: session.terminal.columns,
          })
        })
      }),
    )
  budgets
    .command('set')
    .description('set a budget in place of what was set before; needs a key with the role admin')
    .option('--agent <name>', 'of one agent, as its key is named; default: of the organization as a whole')
    .option('--soft <usd>', 'past this a warning is given, once a month', parseAmount)
    .option('--hard <usd>', 'nothing begins that could lead past this', parseAmount)
    .action(
      command(
        surroundings,
        async (session, options: { readonly agent?: string; readonly soft?: number; readonly hard?: number }) => {
          const budget: Budget = { agent: options.agent ?? '', softUsd: options.soft, hardUsd: options.hard }
          await session.client.budgets.set(budget)
          const { softUsd, hardUsd } = budget
          session.show(budget, () => {
            const who = budget.agent === '' ? `the ${organizationName}` : printable(budget.agent)
            const soft = softUsd === undefined ? 'no warning' : `a warning at $${softUsd}`
            return `for ${who}: ${soft}, ${hardUsd === undefined ? 'no stop' : `a stop at $${hardUsd}`}`
          })
        },
      ),
    )
}

function toRow({ agent, sandboxes, createsPerMinute, cpus, memoryBytes, runsPerDay }: Quota): readonly string[] {
  const memory = memoryBytes === undefined ? undefined : memoryBytes / gib
  const limits = [sandboxes, createsPerMinute, cpus, memory, runsPerDay]
  return [
    agent === '' ? organizationName : agent,
    ...limits.map((limit) => (limit === undefined ? '-' : String(limit))),
  ]
}
