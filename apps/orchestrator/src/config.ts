import { OperationError } from '@caisson/core'
import { z } from 'zod'
import { type AdaptersConfig, adaptersVariables, readAdapters } from './config/adapters.ts'
import { type DatabaseConfig, databaseVariables, readDatabase } from './config/database.ts'
import { type DaytonaCloudConfig, daytonaCloudVariables, readDaytonaCloud } from './config/daytona-cloud.ts'
import { type DaytonaGatewayConfig, daytonaGatewayVariables, readDaytonaGateway } from './config/daytona-gateway.ts'
import { type DecisionsConfig, decisionsVariables, readDecisions } from './config/decisions.ts'
import { type E2bCloudConfig, e2bCloudVariables, readE2bCloud } from './config/e2b-cloud.ts'
import { type E2bGatewayConfig, e2bGatewayVariables, readE2bGateway } from './config/e2b-gateway.ts'
import { type EnginesConfig, enginesVariables, readEngines } from './config/engines.ts'
import { type LimitsConfig, limitsVariables, readLimits } from './config/limits.ts'
import { readServing, type ServingConfig, servingVariables } from './config/serving.ts'
import { readTraces, type TracesConfig, tracesVariables } from './config/traces.ts'

/** Every variable that the service reads, with what it is for. An empty one counts as not set. */
const environmentSchema = z.object({
  ...servingVariables,
  ...databaseVariables,
  ...adaptersVariables,
  ...enginesVariables,
  ...e2bCloudVariables,
  ...daytonaCloudVariables,
  ...e2bGatewayVariables,
  ...daytonaGatewayVariables,
  ...decisionsVariables,
  ...limitsVariables,
  ...tracesVariables,
})

export interface Config
  extends ServingConfig, DatabaseConfig, AdaptersConfig, DecisionsConfig, LimitsConfig, TracesConfig {
  readonly engines: EnginesConfig
  readonly e2bCloud: E2bCloudConfig | undefined
  readonly daytonaCloud: DaytonaCloudConfig | undefined
  readonly e2b: E2bGatewayConfig
  readonly daytona: DaytonaGatewayConfig
}

/** The only reader of the environment. Throws `OperationError` that names the variable at fault and what it must be. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = environmentSchema.safeParse(given)
  if (!parsed.success) throw faulty(parsed.error)
  const variables = parsed.data
  const serving = readServing(variables)
  const adapters = readAdapters(variables)
  return {
    ...serving,
    ...readDatabase(variables),
    ...adapters,
    engines: readEngines(variables, serving.stateDirectory),
    e2bCloud: readE2bCloud(variables, adapters.adapters),
    daytonaCloud: readDaytonaCloud(variables, adapters.adapters),
    e2b: readE2bGateway(variables),
    daytona: readDaytonaGateway(variables, serving.host),
    ...readDecisions(variables),
    ...readLimits(variables),
    ...readTraces(variables),
  }
}

/** The configuration for people to read, without its secrets. */
export function printableConfig(config: Config): string {
  const { databaseUrl, e2bCloud, daytonaCloud, langfuse, otlp, redaction } = config
  return JSON.stringify(
    {
      ...config,
      databaseUrl: databaseUrl === undefined ? 'embedded' : withoutPassword(databaseUrl),
      e2bCloud: e2bCloud === undefined ? 'off' : { ...e2bCloud, apiKey: '***' },
      daytonaCloud: daytonaCloud === undefined ? 'off' : { ...daytonaCloud, apiKey: '***' },
      langfuse: langfuse === undefined ? 'off' : { ...langfuse, secretKey: '***' },
      otlp: otlp === undefined ? 'off' : { url: otlp.url, headers: Object.keys(otlp.headers) },
      redaction: { ...redaction, patterns: redaction.patterns.map(String) },
    },
    undefined,
    2,
  )
}

/** A table of the variables, their defaults and what they are for. */
export function describeVariables(): string {
  return Object.entries(environmentSchema.shape)
    .map(([name, schema]) => `  ${name.padEnd(30)} ${schema.description ?? ''}`)
    .join('\n')
}

/** What was given is not repeated: it may be a secret in the wrong place. */
function faulty(error: z.ZodError): OperationError {
  const issue = error.issues[0]
  const variable = String(issue?.path[0] ?? 'the environment')
  const purpose = Object.entries(environmentSchema.shape).find(([name]) => name === variable)?.[1].description
  return new OperationError('invalid-operation', `${variable}: ${issue?.message ?? 'not valid'}`, {
    field: variable,
    remedy: `${purpose ?? 'set it right'}; leave it out for the default`,
  })
}

function withoutPassword(address: string): string {
  const url = new URL(address)
  if (url.password !== '') url.password = '***'
  return url.href
}
