import { mkdir } from 'node:fs/promises'
import { freshId, hourMs, type SandboxAdapter, secondMs } from '@caisson/core'
import { createEngine, type EgressFeed, type HostFunctions } from '@caisson/engine'
import type { TraceSink } from '@caisson/tracing'
import { sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { createBatchStore } from './batches/batch-store.ts'
import { createItemJobs } from './batches/item-jobs.ts'
import { startJobQueue } from './batches/job-queue.ts'
import { createSlotBoard } from './batches/slot-board.ts'
import { startDatabase } from './database.ts'
import { fromListenError } from './http/listen-errors.ts'
import { createMetrics } from './http/metrics.ts'
import { createServer } from './http/server.ts'
import { startDaytona } from './gateways/start-daytona.ts'
import { startE2b } from './gateways/start-e2b.ts'
import { addAnswerRoute } from './hooks/answer-route.ts'
import { deliverDue } from './hooks/deliver.ts'
import { createHookServices } from './hooks/hook-services.ts'
import { createHookStore } from './hooks/hook-store.ts'
import { createSubmission } from './hooks/submit-with-callback.ts'
import { toHookEvent } from './hooks/to-hook-event.ts'
import { bootstrapKey } from './keys/bootstrap-key.ts'
import { createKeyStore } from './keys/key-store.ts'
import { createPolicyDesk } from './policies/policy-desk.ts'
import { createPolicyServices } from './policies/policy-services.ts'
import { createPolicyStore } from './policies/policy-store.ts'
import { createSandboxDesk } from './sandboxes/sandbox-desk.ts'
import { createOrganizationServices } from './services/organization-services.ts'
import { createApiServices } from './services/api-services.ts'
import { repeat } from './services/repeat.ts'
import type { SecretBox } from './services/secret-box.ts'
import { releaseClaims } from './services/release-claims.ts'
import { removeOld } from './services/retention.ts'
import { watchedPolicy } from './services/policy-file.ts'
import { withDatabaseErrors } from './store/database-errors.ts'
import { createCostStore } from './store/cost-store.ts'
import { createLimitsStore } from './store/limits-store.ts'
import { serviceSecret } from './store/service-secret.ts'
import { createPostgresStores } from './store/stores.ts'
import { version } from './version.ts'

export interface ServiceParts {
  /** Disposed with the service. */
  readonly adapters: readonly SandboxAdapter[]
  /** Closed with the service. */
  readonly sink: TraceSink
  /** Denied connections, as the adapters tell of them. */
  readonly egress?: EgressFeed
  /** With which the adapters seal: it gets its key here. */
  readonly secretBox?: Pick<SecretBox, 'unlock'>
  readonly hostFunctions: HostFunctions
  readonly logger: Logger
}

export interface Service extends AsyncDisposable {
  readonly url: string
  /** Where the first key was written, if this start made it. */
  readonly adminKeyFile: string | undefined
}

const recoverEveryMs = 15 * secondMs
const deliverEveryMs = secondMs
const tidyEveryMs = hourMs

/**
 * Starts everything, in the order in which one thing needs the other; what was started is taken down again, last first, when a later step
 * fails and when the service is disposed. Runs that are under way then go on in their sandboxes, for the next start to find.
 */
export async function startService(config: Config, parts: ServiceParts): Promise<Service> {
  const { adapters, sink, egress, secretBox, hostFunctions, logger } = parts
  await using started = new AsyncDisposableStack()
  for (const adapter of adapters) started.use(adapter)
  started.defer(async () => await sink.close())

  const servicePolicy = await watchedPolicy(config.policyFile, logger)
  await mkdir(config.stateDirectory, { recursive: true, mode: 0o711 })
  const onError = (err: Error) => logger.warn({ err }, 'a connection to the database broke')
  const { database, connection, signals, kind } = started.use(await startDatabase(config, { onError }))
  secretBox?.unlock(await serviceSecret(database, 'adapters'))
  const metrics = createMetrics(database, sink)
  const stores = await createPostgresStores(database, signals, {
    quotaDefaults: { sandboxes: config.maxSandboxes },
    onAudit: (event) => metrics.observe(event),
  })
  const { queue } = started.use(await startJobQueue(connection, logger))
  const itemJobs = await createItemJobs(queue)
  started.use(await itemJobs.bury(database))
  const keys = createKeyStore(database)
  const policyStore = withDatabaseErrors(createPolicyStore(database))
  const policyDesk = createPolicyDesk(policyStore, servicePolicy)
  const hooks = withDatabaseErrors(await createHookStore(database))
  const limits = createLimitsStore(database)
  const adminKeyFile = await bootstrapKey(keys, config.stateDirectory)

  const replica = freshId()
  if (kind === 'embedded') await releaseClaims(database)
  const engine = createEngine({
    adapters,
    policy: async (organization) => await policyDesk.inForce(organization),
    remainingBudgetUsd: async (organization) => await limits.remainingUsd(organization),
    notify: async (event) => await hooks.enqueue(toHookEvent(event)),
    hostFunctions,
    sink,
    egress,
    logger,
    ownerId: replica,
    limits: { concurrentRuns: config.maxRuns },
    batchBoard: await createSlotBoard(queue, { workers: config.batchWorkers, logger }),
    stores: { ...stores, batches: withDatabaseErrors(createBatchStore(database, itemJobs)) },
  })
  started.defer(async () => await engine.close())
  const recover = async () => {
    const report = await engine.recover()
    if (report.resumed + report.destroyed + report.closed > 0)
      logger.info({ ...report }, 'took over what dead replicas left')
  }
  await recover()
  started.use(repeat(recover, recoverEveryMs, logger))
  const deliver = async () =>
    await deliverDue(hooks, { allowPrivate: config.hooksPrivate, callbackHosts: config.callbackHosts, logger })
  started.use(repeat(deliver, deliverEveryMs, logger))
  started.use(
    repeat(
      async () => {
        await removeOld(database, { nowMs: Date.now(), eventRetentionMs: config.eventRetentionMs })
        for (const adapter of adapters) await adapter.sweep?.()
      },
      tidyEveryMs,
      logger,
    ),
  )

  const desk = createSandboxDesk({ engine, adapters, stores, sink, logger })
  const gatewayParts = { config, adapters, desk, keys, database, artifacts: stores.artifacts, logger }
  const e2b = started.use(await startE2b(gatewayParts))
  const daytona = started.use(await startDaytona(gatewayParts))

  const ending = new AbortController()
  const server = await createServer({
    services: createApiServices({
      engine,
      stores,
      organizations: createOrganizationServices({
        keys,
        limits,
        costs: createCostStore(database),
        audit: stores.audit,
      }),
      submission: createSubmission({ hooks, engine, hosts: config.callbackHosts }),
      adapters,
      hooks: createHookServices(hooks, stores.audit),
      policies: createPolicyServices({
        engine,
        audit: stores.audit,
        database,
        store: policyStore,
        desk: policyDesk,
        service: servicePolicy,
      }),
      status: {
        version,
        replica,
        startedAtMs: Date.now(),
        database: kind,
        hostFunctions: Object.keys(hostFunctions),
      },
    }),
    keys,
    routes: (to) => addAnswerRoute(to, hooks, engine.approvals),
    metrics,
    isReady: async () => {
      if (ending.signal.aborted) return false
      return await database.execute(sql`select 1`).then(
        () => true,
        () => false,
      )
    },
    logger,
    host: config.host,
    allowedHosts: config.allowedHosts,
    bodyLimitBytes: config.bodyLimitBytes,
    mounts: [
      { ...e2b.gateway, prefix: '/e2b' },
      { ...daytona.gateway, prefix: '/daytona' },
    ],
    ending: ending.signal,
  })
  started.defer(async () => await server.close())
  started.defer(() => ending.abort())
  const { host, port } = config
  const url = await server.listen({ host, port }).catch((error: unknown) => {
    throw fromListenError(error, { host, port, portVariable: 'CAISSON_PORT' })
  })
  logger.info({ url, replica, version, database: kind }, 'the service is up')

  const running = started.move()
  return { url, adminKeyFile, [Symbol.asyncDispose]: async () => await running.disposeAsync() }
}
