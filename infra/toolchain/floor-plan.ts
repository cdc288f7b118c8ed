/** What one workspace folder may import of the others. Imports go strictly down; the linter and the dependency check both read this. */
export interface Floor {
  /** Folder below the root. */
  readonly folder: string
  /** Packages of ours that its sources may import, without the scope. */
  readonly imports: readonly string[]
  /** More that its tests may import. */
  readonly testImports?: readonly string[]
  /** Whether it runs only where Node's own modules are. The others stay free of them. */
  readonly node: boolean
}

export const floors: readonly Floor[] = [
  { folder: 'packages/core', imports: [], node: false },

  { folder: 'packages/wire-e2b', imports: ['core'], node: false },
  { folder: 'packages/adapter-kit', imports: ['core'], testImports: ['conformance'], node: true },
  { folder: 'packages/conformance', imports: ['core'], node: true },
  { folder: 'packages/inspect', imports: ['core'], node: true },
  { folder: 'packages/tracing', imports: ['core'], node: true },
  { folder: 'packages/pricing', imports: ['core'], node: false },
  { folder: 'packages/api', imports: ['core'], node: false },
  { folder: 'packages/compat-kit', imports: ['core'], node: true },

  { folder: 'packages/router', imports: ['core'], node: true },
  { folder: 'packages/daemon', imports: ['core', 'wire-e2b'], node: true },
  { folder: 'packages/daemon-client', imports: ['core', 'wire-e2b'], testImports: ['daemon'], node: true },
  { folder: 'packages/keeper', imports: ['core', 'daemon-client'], node: true },
  { folder: 'packages/client', imports: ['core', 'api'], node: false },

  {
    folder: 'packages/adapter-local',
    imports: ['core', 'adapter-kit', 'daemon-client', 'daemon/bundle'],
    testImports: ['conformance'],
    node: true,
  },
  {
    folder: 'packages/adapter-docker',
    imports: ['core', 'adapter-kit', 'daemon-client', 'daemon/bundle'],
    testImports: ['conformance'],
    node: true,
  },
  {
    folder: 'packages/adapter-e2b',
    imports: ['core', 'adapter-kit', 'wire-e2b', 'daemon-client', 'keeper'],
    testImports: ['conformance', 'adapter-local', 'compat-e2b', 'compat-kit'],
    node: true,
  },
  {
    folder: 'packages/compat-e2b',
    imports: ['core', 'wire-e2b', 'daemon-client', 'compat-kit'],
    testImports: ['conformance', 'adapter-local'],
    node: true,
  },
  {
    folder: 'packages/compat-daytona',
    imports: ['core', 'compat-kit'],
    testImports: ['conformance', 'adapter-local', 'template-builder'],
    node: true,
  },
  {
    folder: 'packages/adapter-daytona',
    imports: ['core', 'adapter-kit', 'daemon-client', 'keeper'],
    testImports: ['conformance', 'adapter-local', 'compat-daytona', 'compat-kit'],
    node: true,
  },
  { folder: 'packages/template-builder', imports: ['core'], node: true },
  {
    folder: 'packages/tools',
    imports: ['core', 'client'],
    testImports: ['conformance', 'engine', 'router'],
    node: false,
  },
  {
    folder: 'packages/engine',
    imports: ['core', 'inspect', 'pricing', 'router', 'tracing'],
    testImports: ['conformance', 'adapter-local'],
    node: true,
  },

  {
    folder: 'apps/orchestrator',
    imports: [
      'core',
      'adapter-kit',
      'api',
      'compat-daytona',
      'compat-e2b',
      'compat-kit',
      'engine',
      'pricing',
      'router',
      'template-builder',
      'tracing',
    ],
    testImports: ['client', 'conformance', 'adapter-local'],
    node: true,
  },
  { folder: 'apps/cli', imports: ['core', 'client', 'router', 'template-builder'], node: true },
  { folder: 'templates/adapter', imports: ['core', 'adapter-kit'], testImports: ['conformance'], node: true },
  ...['base', 'code-interpreter', 'code-interpreter-polyglot', 'agent-workspace', 'daytona', 'daytona-desktop'].map(
    (name): Floor => ({
      folder: `templates/${name}`,
      imports: [],
      testImports: ['core', 'adapter-local', 'template-builder'],
      node: true,
    }),
  ),
  {
    folder: 'bench',
    imports: [
      'core',
      'client',
      'adapter-docker',
      'adapter-local',
      'compat-e2b',
      'compat-kit',
      'engine',
      'inspect',
      'router',
    ],
    node: true,
  },
  { folder: 'e2e', imports: ['core', 'client'], testImports: ['tracing'], node: true },
  { folder: 'examples', imports: ['core', 'client', 'adapter-local', 'engine'], node: true },
]

/** The one file that may name adapters beside tests, examples and benchmarks. */
export const wiring = 'apps/orchestrator/src/wire.ts'

/** What it names. */
export const wiredAdapters = ['adapter-local', 'adapter-docker', 'adapter-e2b', 'adapter-daytona']

/** The files that may read the environment: each app's configuration, what hands it on to a child, and the search for programs along `PATH`. */
export const environmentReaders = [
  'apps/*/src/config.ts',
  'apps/cli/src/quickstart/service.ts',
  'packages/adapter-local/src/machine/find-program.ts',
  'bench/src/**',
  'examples/**',
  'infra/**',
  '**/test/**',
]

/** The files whose work is to print. */
export const printers = [
  'apps/cli/src/output/**',
  'apps/cli/src/quickstart/print.ts',
  'bench/src/main.ts',
  'examples/**',
  'infra/**',
]
