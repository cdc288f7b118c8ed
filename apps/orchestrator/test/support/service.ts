import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient, type CaissonClient, type Role } from '@caisson/client'
import { createMemoryAdapter } from '@caisson/conformance/memory'
import { organizationIdSchema, type SandboxAdapter } from '@caisson/core'
import type { HostFunctions } from '@caisson/engine'
import { silentSink, type TraceSink } from '@caisson/tracing'
import { type Config, readConfig } from '../../src/config.ts'
import { startDatabase } from '../../src/database.ts'
import { createKeyStore } from '../../src/keys/key-store.ts'
import { createLogger } from '../../src/logger.ts'
import { type Service, startService } from '../../src/service.ts'
import { temporaryDirectory } from './databases.ts'

export interface TestService extends AsyncDisposable {
  readonly config: Config
  readonly url: string
  readonly adminKey: string
  readonly admin: CaissonClient
  /** A client with a fresh key. */
  readonly as: (organization: string, role: Role) => Promise<CaissonClient>
}

export interface TestServiceOptions {
  readonly environment?: Record<string, string>
  /** YAML; without it the default one. */
  readonly policy?: string
  readonly adapters?: readonly SandboxAdapter[]
  readonly hostFunctions?: HostFunctions
  /** Closed with the service. */
  readonly sink?: TraceSink
}

/** The whole service in this process, on a free port and a database of its own. */
export async function startTestService(options: TestServiceOptions = {}): Promise<TestService> {
  await using started = new AsyncDisposableStack()
  const directory = started.use(await temporaryDirectory())
  const policy = join(directory.path, 'policy.yaml')
  if (options.policy !== undefined) await writeFile(policy, options.policy)
  const config = readConfig({
    CAISSON_PORT: '0',
    CAISSON_STATE_DIR: directory.path,
    CAISSON_LOG_LEVEL: 'error',
    ...(options.policy === undefined ? {} : { CAISSON_POLICY: policy }),
    ...options.environment,
  })
  const service: Service = started.use(
    await startService(config, {
      adapters: options.adapters ?? [createMemoryAdapter({ name: 'local' })],
      sink: options.sink ?? silentSink,
      hostFunctions: options.hostFunctions ?? {},
      logger: createLogger(config.logLevel),
    }),
  )
  const { url } = service
  const adminKey = (await readFile(join(config.stateDirectory, 'admin-key'), 'utf8')).trim()
  const running = started.move()
  return {
    config,
    url,
    adminKey,
    admin: createClient({ url, apiKey: adminKey }),
    as: async (organization, role) => {
      await using database = await startDatabase(config, { onError: () => {}, share: true })
      const keys = createKeyStore(database.database)
      const { key } = await keys.create({ name: `test ${role}`, role }, organizationIdSchema.parse(organization))
      return createClient({ url, apiKey: key })
    },
    [Symbol.asyncDispose]: async () => await running.disposeAsync(),
  }
}
