import { parseArgs } from 'node:util'
import { quotaSchema, roleSchema } from '@caisson/api/schemas'
import {
  gib,
  isOperationError,
  isSandboxError,
  OperationError,
  organizationIdSchema,
  parseOrThrow,
} from '@caisson/core'
import { createEgressFeed } from '@caisson/engine'
import { withHostPrices } from './adapters/host-prices.ts'
import { describeVariables, printableConfig, readConfig } from './config.ts'
import { startDatabase } from './database.ts'
import { createKeyAsOwner, setQuotaAsOwner } from './keys/as-owner.ts'
import { createLogger } from './logger.ts'
import { startService } from './service.ts'
import { loadHostFunctions } from './services/host-functions.ts'
import { version } from './version.ts'
import { createSecretBox } from './services/secret-box.ts'
import { wireAdapters } from './wire.ts'
import { wireSink } from './wire-sink.ts'

const usage = `Usage: orchestrator [options]                       serve
       orchestrator create-key --organization ORGANIZATION --role agent|operator|admin [--name NAME]
       orchestrator set-quota --organization ORGANIZATION [--agent NAME] [--sandboxes N] [--creates N] [--cpus N] [--memory GIB] [--runs N]

Options:
  --print-config   print the configuration without its secrets, and end
  --version        print the version, and end
  --help           print this, and end

Environment:
${describeVariables()}`

/** Longer than this no orderly end takes; then the process ends as after a crash, which is as safe. */
const endMs = 9000

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

// Whoever started the service may have stopped listening; that is no reason to end.
process.stdout.on('error', () => {})

async function serve(): Promise<void> {
  const config = readConfig()
  const logger = createLogger(config.logLevel)
  const egress = createEgressFeed()
  const secretBox = createSecretBox()
  const service = await startService(config, {
    adapters: withHostPrices(await wireAdapters(config, { logger, egress: egress.tell, secretBox }), config.usdPerHour),
    egress,
    secretBox,
    sink: await wireSink(config, (err) => logger.warn({ err }, 'a trace could not be written')),
    hostFunctions: await loadHostFunctions(config.hostFunctionsModule),
    logger,
  })
  print(`Caisson listens on ${service.url}`)
  if (service.adminKeyFile !== undefined) print(`The first key is in ${service.adminKeyFile}`)

  const end = (signal: string) => {
    logger.info({ signal }, 'ending')
    setTimeout(() => {
      logger.error({ afterMs: endMs }, 'the end takes too long')
      process.exit(1)
    }, endMs).unref()
    service[Symbol.asyncDispose]().then(
      () => process.exit(0),
      (err: unknown) => {
        logger.error({ err }, 'the end was not orderly')
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
}

async function createKey(values: { organization?: string; role?: string; name?: string }): Promise<void> {
  const organization = parseOrThrow(organizationIdSchema, values.organization, 'invalid-operation', '--organization')
  const role = parseOrThrow(roleSchema, values.role, 'invalid-operation', '--role')
  await using running = await startDatabase(readConfig(), { onError: () => {}, share: true })
  const { key } = await createKeyAsOwner(running.database, organization, { name: values.name ?? role, role })
  print(key)
}

/** What an organization as a whole may have, its own admins cannot change. */
async function setQuota({
  organization: given,
  agent = '',
  ...values
}: Readonly<Record<string, unknown>>): Promise<void> {
  const organization = parseOrThrow(organizationIdSchema, given, 'invalid-operation', '--organization')
  const amount = (name: string) => (values[name] === undefined ? undefined : Number(values[name]))
  const memory = amount('memory')
  const quota = parseOrThrow(
    quotaSchema,
    {
      agent,
      sandboxes: amount('sandboxes'),
      createsPerMinute: amount('creates'),
      cpus: amount('cpus'),
      memoryBytes: memory === undefined ? undefined : Math.round(memory * gib),
      runsPerDay: amount('runs'),
    },
    'invalid-operation',
    'quota',
  )
  await using running = await startDatabase(readConfig(), { onError: () => {}, share: true })
  await setQuotaAsOwner(running.database, organization, quota)
  print(JSON.stringify(quota))
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'print-config': { type: 'boolean' },
      version: { type: 'boolean' },
      help: { type: 'boolean' },
      organization: { type: 'string' },
      role: { type: 'string' },
      name: { type: 'string' },
      agent: { type: 'string' },
      sandboxes: { type: 'string' },
      creates: { type: 'string' },
      cpus: { type: 'string' },
      memory: { type: 'string' },
      runs: { type: 'string' },
    },
  })
  if (values.help === true) print(usage)
  else if (values.version === true) print(version)
  else if (values['print-config'] === true) print(printableConfig(readConfig()))
  else if (positionals[0] === 'create-key') await createKey(values)
  else if (positionals[0] === 'set-quota') await setQuota(values)
  else if (positionals.length > 0)
    throw new OperationError('invalid-operation', `unknown command ${positionals[0]}`, { remedy: 'see --help' })
  else await serve()
}

main().catch((error: unknown) => {
  const known = isOperationError(error) || isSandboxError(error)
  const isMeant =
    known || (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
  const lines = [
    `caisson: ${error instanceof Error ? error.message : String(error)}`,
    ...(known && error.remedy !== undefined ? [`  ${error.remedy}`] : []),
    ...(isMeant || !(error instanceof Error) ? [] : [error.stack ?? '']),
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
  process.exit(1)
})
