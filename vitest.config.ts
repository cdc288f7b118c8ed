import { env } from 'node:process'
import { defineConfig } from 'vitest/config'

// Not "import" or "default": Node adds those itself, and would use them for what is required as well.
const conditions = ['@caisson/source', 'node']
const source = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  // Where what a tier sets up is loaded.
  environments: { __vitest__: { resolve: { conditions, externalConditions: conditions } } },
}

/**
 * A tier says what the machine must offer: `unit` nothing but Node, `long` the same and more than a moment, `local` an OCI runtime, `service` a Postgres as well, `build` buildah, `docker`
 * engines. Tiers run one after the other, and all but the first one file at a time: two suites that measure the same
 * processes, mounts and control groups see each other. Those that keep to themselves run beside the others (infra/toolchain/test-lanes.ts).
 */
const tier = (name: string, order: number, timeoutMs: number, globalSetup: string[] = []) => ({
  ...source,
  test: {
    name,
    include: [`{packages,apps,templates,examples,e2e,bench,infra}/**/*.${name}.test.ts`],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs * 2,
    maxWorkers: 1,
    sequence: { groupOrder: order },
    globalSetup,
    retry: 0,
  },
})

export default defineConfig({
  test: {
    retry: 0,
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['{packages,apps,templates,examples,e2e,bench,infra}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.{local,service,build,docker,long,live}.test.ts'],
          testTimeout: 60_000,
          // One process for each core, which evaluates each module once: that is half of the time. No unit test changes what another one sees.
          maxWorkers: '100%',
          isolate: false,
        },
      },
      tier('local', 1, 60_000),
      tier('service', 2, 120_000),
      tier('build', 3, 300_000, ['templates/base/test/support/build-base.ts']),
      tier('long', 5, 120_000),
      tier('docker', 4, 120_000, ['packages/adapter-docker/test/support/global-setup.ts']),
      // The clouds of providers, in the job that has their keys: there a key that is missing fails.
      ...((env['CAISSON_LIVE'] ?? '') === '' ? [] : [tier('live', 5, 600_000)]),
    ],
  },
})
