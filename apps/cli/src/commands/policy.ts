import { hourMs, minuteMs } from '@caisson/core'
import { explain, type PolicyTestResult } from '@caisson/router'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import { printable } from '../output/printable.ts'
import { formatAge } from '../output/time.ts'
import { formatReplay } from '../policy/format-replay.ts'
import { readPolicyText } from '../policy/read-policy-text.ts'
import { testPolicy } from '../policy/test-policy.ts'
import { formatTable } from '../quickstart/table.ts'
import { command, type Surroundings } from '../session.ts'

interface ReplayOptions {
  readonly since: number
  readonly policy?: string | undefined
}

interface PutOptions {
  readonly choose?: boolean | undefined
  readonly dryRun?: boolean | undefined
  readonly since: number
}

export function addPolicy(program: Command, surroundings: Surroundings): void {
  const policy = program.command('policy').description('print the policy in force, try others, and choose one')
  policy
    .command('show [hash]', { isDefault: true })
    .description('print the policy in force as YAML, or the one behind the hash of a decision')
    .action(
      command(surroundings, async (session, hash: string | undefined) => {
        const shown = hash === undefined ? await session.client.policy() : await session.client.policies.get(hash)
        session.show(shown, () => shown.text.trimEnd())
      }),
    )
  policy
    .command('test <policy> [table]')
    .description('check a policy against the table of cases beside it; needs no service')
    .option('--explain', 'the whole decision of each case that is not as expected')
    .addHelpText(
      'after',
      `
The policy is a file, or default, strict or air-gapped. The table is policy.test.yaml next to policy.yaml unless it is named; the shipped
policies bring their own.

Examples:
  caisson policy test default
  caisson policy test policy.yaml
  caisson policy test strict our-cases.yaml`,
    )
    .action(
      command(
        surroundings,
        async (session, source: string, table: string | undefined, options: { readonly explain?: boolean }) => {
          const results = await testPolicy(source, table)
          const failed = results.filter(({ differences }) => differences.length > 0)
          session.show(
            results.map(({ name, differences }) => ({ name, passed: differences.length === 0, differences })),
            () =>
              [
                ...failed.flatMap((result) => describeFailure(result, options.explain === true)),
                `${results.length - failed.length} of ${results.length} cases are as expected`,
              ].join('\n'),
          )
          return failed.length === 0 ? exitCodes.ok : exitCodes.failed
        },
      ),
    )
  policy
    .command('replay')
    .description('say which past operations would be placed otherwise today, and what that would cost')
    .addOption(sinceOption('how far back, such as 12h or 7d'))
    .option('-p, --policy <policy>', 'by this file or hash; default: the policy in force')
    .addHelpText(
      'after',
      `
Examples:
  caisson policy replay --since 7d
  caisson policy replay --since 24h --policy stricter.yaml`,
    )
    .action(
      command(surroundings, async (session, { since, policy: source }: ReplayOptions) => {
        const report = await session.client.policies.replay({
          sinceMs: Date.now() - since,
          ...(source === undefined
            ? {}
            : /^[0-9a-f]{64}$/.test(source)
              ? { hash: source }
              : { text: await readPolicyText(source) }),
        })
        session.show(report, () => formatReplay(report, session.terminal.columns))
      }),
    )
  policy
    .command('list')
    .description('list the versions by which something was decided, newest first')
    .action(
      command(surroundings, async (session) => {
        const versions = await session.client.policies.list()
        session.show(versions, () =>
          formatTable(
            [
              ['hash', 'name', 'version', 'stored', 'by', 'chosen'],
              ...versions.map(({ hash, name, version, storedAtMs, storedBy = 'the service', chosen }) => [
                hash,
                name,
                printable(version),
                formatAge(storedAtMs),
                printable(storedBy),
                chosen ? 'yes' : '-',
              ]),
            ],
            { flexible: 4, width: session.terminal.columns },
          ),
        )
      }),
    )
  policy
    .command('put <policy>')
    .description('store a version; needs a key with the role admin')
    .option('-c, --choose', 'use it from the next decision on')
    .option('-n, --dry-run', 'only say what it would change, and store nothing')
    .addOption(sinceOption('with --dry-run: how far back'))
    .action(
      command(surroundings, async (session, source: string, { choose, dryRun, since }: PutOptions) => {
        const text = await readPolicyText(source)
        if (dryRun === true) {
          const report = await session.client.policies.replay({ text, sinceMs: Date.now() - since })
          session.show(report, () => formatReplay(report, session.terminal.columns))
          return
        }
        const version = await session.client.policies.put(text, { choose })
        session.show(version, () => version.hash)
      }),
    )
  policy
    .command('choose <hash>')
    .description('use a stored version from the next decision on, or "service" for that of the service alone')
    .action(
      command(surroundings, async (session, hash: string) => {
        const chosen = await session.client.policies.choose(hash === 'service' ? null : hash)
        session.show(chosen, () => `${chosen.name} ${chosen.version} (${chosen.hash.slice(0, 12)}) is in force`)
      }),
    )
}

function describeFailure({ name, decision, differences }: PolicyTestResult, whole: boolean): readonly string[] {
  return [
    `not as expected: ${printable(name)}`,
    ...differences.map((difference) => `  ${printable(difference)}`),
    ...(whole ? ['', explain(decision).replaceAll(/^/gm, '    '), ''] : []),
  ]
}

const day = 24 * hourMs
const units: Readonly<Record<string, number>> = { m: minuteMs, h: hourMs, d: day }

const sinceOption = (meaning: string) =>
  new Option('-s, --since <time>', meaning).argParser(parseSince).default(7 * day, '7d')

function parseSince(text: string): number {
  const [, number, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const unitMs = units[unit]
  if (number === undefined || unitMs === undefined) throw new InvalidArgumentError('Use a number and m, h or d.')
  return Number(number) * unitMs
}
