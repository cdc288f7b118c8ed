import { environmentReaders, type Floor, floors, printers, wiredAdapters, wiring } from './floor-plan.ts'

interface Override {
  readonly files: string[]
  readonly rules: Record<string, unknown>
}

/** Refuses every package of ours but those named: a package's name opens its subpaths too, `daemon/bundle` just that one. */
function restriction(floor: Floor, allowed: readonly string[], node: boolean) {
  const opened = allowed.flatMap((name) => [
    `!@caisson/${name}`,
    ...(name.includes('/') ? [] : [`!@caisson/${name}/**`]),
  ])
  const patterns = [
    {
      group: ['@caisson/**', ...opened],
      message: `${floor.folder} may import ${allowed.length === 0 ? 'no other package' : `only ${allowed.join(', ')}`}: imports go strictly down (infra/toolchain/floor-plan.ts).`,
    },
    {
      regex: String.raw`^(\.\./)+(packages|apps|bench|e2e|examples)/|^(\.\./)+[a-z0-9-]+/(src|test|dist)/`,
      message: 'Import another package by its name, never by a path into it.',
    },
    ...(node ? [] : [{ regex: '^node:', message: `${floor.folder} runs everywhere and must not need Node.` }]),
  ]
  return ['error', { patterns }]
}

/** The linter's overrides that keep every folder on its floor. Later ones win. */
export const boundaryOverrides: Override[] = [
  ...floors.flatMap((floor): Override[] => {
    const allowed = floor.imports
    return [
      {
        files: [`${floor.folder}/**/*.ts`],
        rules: { 'no-restricted-imports': restriction(floor, allowed, floor.node) },
      },
      {
        files: [`${floor.folder}/test/**/*.ts`, `${floor.folder}/**/*.test.ts`],
        rules: {
          'no-restricted-imports': restriction(floor, [...allowed, ...(floor.testImports ?? []), ownName(floor)], true),
        },
      },
    ]
  }),
  ...floors
    .filter((floor) => wiring.startsWith(`${floor.folder}/`))
    .map((floor) => ({
      files: [wiring],
      rules: {
        'no-restricted-imports': restriction(floor, [...floor.imports, ...wiredAdapters], true),
      },
    })),
  { files: environmentReaders, rules: { 'node/no-process-env': 'off' } },
  { files: printers, rules: { 'no-console': 'off' } },
]

function ownName(floor: Floor): string {
  return floor.folder.slice(floor.folder.lastIndexOf('/') + 1)
}
