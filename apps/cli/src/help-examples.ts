import type { Command } from 'commander'

/** For commands that consist of others: what people do with them most. The others bring examples of their own. */
const examples: Readonly<Record<string, readonly string[]>> = {
  runs: ['caisson runs --status failed', 'caisson runs show RUN', 'caisson runs cancel RUN'],
  sandboxes: ['caisson sandboxes', 'caisson sandboxes destroy local SANDBOX'],
  approvals: [
    'caisson approvals',
    "caisson approvals grant APPROVAL --reason 'agreed with the owner'",
    'caisson approvals deny APPROVAL',
  ],
  hooks: ['caisson hooks create https://example.org/hook --event approval.requested', 'caisson hooks remove HOOK'],
  artifacts: [
    'caisson artifacts list RUN',
    'caisson artifacts get ARTIFACT --out chart.png',
    'caisson artifacts put data.csv',
  ],
  keys: [
    'caisson keys create my-agent --role agent --days 30',
    'caisson keys rotate KEY --overlap 24',
    'caisson keys revoke KEY',
  ],
  quotas: ['caisson quotas', 'caisson quotas set my-agent --sandboxes 5 --runs 1000'],
  budgets: ['caisson budgets', 'caisson budgets set --soft 80 --hard 100'],
  cost: ['caisson cost --by agent', 'caisson cost --from 2026-11-01 --to 2026-11-30 --by day,kind --csv november.csv'],
  audit: ['caisson audit', 'caisson audit verify'],
  policy: ['caisson policy', 'caisson policy test policy.yaml', 'caisson policy replay --since 7d'],
  template: ['caisson template build templates/base', 'caisson template status', 'caisson template rollback base'],
}

export function addExamples(program: Command): void {
  for (const command of program.commands) {
    const lines = examples[command.name()]
    if (lines !== undefined) command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`)
  }
}
