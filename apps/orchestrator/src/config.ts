import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { hourMs, mib, OperationError } from '@caisson/core'
import { defaultTemplateDirectory } from '@caisson/template-builder/local'
import { shippedPolicies } from '@caisson/router'
import { z } from 'zod'
import { type AdapterChoice, adapterChoicesSchema } from './adapters/adapter-choice.ts'
import { type EngineAddress, engineAddressSchema } from './adapters/engine-address.ts'
import { type ImageReference, imageReferencesSchema } from './adapters/image-references.ts'

const flag = z.enum(['true', 'false']).transform((value) => value === 'true')
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)
const path = z
  .string()
  .min(1)
  .transform((value) => resolve(value))
const secret = z.string().min(1)
const headers = z.string().transform((value, context) => {
  const pairs = value.split(',').map((part) => /^\s*([A-Za-z0-9-]+)=(.*?)\s*$/.exec(part))
  // What was given is not repeated: it may be a secret.
  if (pairs.some((pair) => pair === null)) context.addIssue('must be NAME=VALUE with commas between them')
  return Object.fromEntries(pairs.flatMap((pair) => (pair === null ? [] : [[pair[1] ?? '', pair[2] ?? '']])))
})
const pattern = z.string().transform((value, context) => {
  try {
    return new RegExp(value, 'g')
  } catch {
    context.addIssue('must be a regular expression')
    return z.NEVER
  }
})
const wholeNumber = (least: number, most: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.int().min(least).max(most))

/** Every variable that the service reads, with what it is for. An empty one counts as not set. */
const environmentSchema = z.object({
  CAISSON_HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
  CAISSON_PORT: wholeNumber(0, 65_535).default(7718).describe('Port to listen on; 0 is any free one'),
  CAISSON_ALLOWED_HOSTS: list.default([]).describe('Host names under which the service is known, separated by commas'),
  CAISSON_STATE_DIR: path.default(defaultStateDirectory()).describe('Where the service keeps what is its own'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must look like postgres://user:password@host:5432/database' })
    .optional()
    .describe('A Postgres 15 or newer; without it the service runs its own'),
  CAISSON_DATABASE_CONNECTIONS: wholeNumber(2, 500).default(16).describe('Connections to the database at one time'),
  CAISSON_ADAPTERS: adapterChoicesSchema
    .prefault('auto')
    .describe(
      'Which adapters are on: local, local:gvisor, docker, docker:RUNTIME, podman, e2b; auto is what works on this machine',
    ),
  CAISSON_TEMPLATES: path.default(defaultTemplateDirectory()).describe('Where caisson template build leaves templates'),
  DOCKER_HOST: engineAddressSchema
    .prefault('unix:///var/run/docker.sock')
    .describe('Engine of the adapter docker: unix:///path or tcp://host:port'),
  DOCKER_CERT_PATH: path.optional().describe('Folder with ca.pem, cert.pem and key.pem, for an engine behind TLS'),
  CAISSON_PODMAN_HOST: engineAddressSchema
    .prefault('unix:///run/podman/podman.sock')
    .describe('Engine of the adapter podman'),
  CAISSON_DOCKER_IMAGES: imageReferencesSchema
    .prefault('')
    .describe('Further templates of container engines, NAME=IMAGE with commas between them; the first is the default'),
  CAISSON_DOCKER_NAMESPACE: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'must be letters, digits, "_", "." and "-"')
    .optional()
    .describe('Keeps installations on one engine apart; the same for replicas that share sandboxes'),
  E2B_API_KEY: secret.optional().describe('Key of the adapter e2b, whose team owns and pays its sandboxes'),
  CAISSON_E2B_CLOUD_DOMAIN: z
    .string()
    .regex(/^[a-z0-9.-]+(:\d{1,5})?$/, 'must be a host name, with its port unless that is 443')
    .optional()
    .describe("Domain of the adapter e2b, for a self-hosted E2B; without it E2B's cloud"),
  CAISSON_E2B_CLOUD_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('One address for everything of the adapter e2b, where its endpoint tells sandboxes by header'),
  CAISSON_E2B_CLOUD_TEMPLATES: imageReferencesSchema
    .prefault('')
    .describe('Templates of the adapter e2b, NAME=ID with commas between them; the first is the default'),
  CAISSON_E2B_CLOUD_HOURS: wholeNumber(1, 24)
    .default(1)
    .describe("Longest life of a sandbox of the adapter e2b, as the team's plan allows it"),
  CAISSON_E2B_CLOUD_EGRESS: z
    .enum(['none', 'web'])
    .default('none')
    .describe('Whether the adapter e2b takes policies that let hosts be reached; web opens ports 80 and 443 together'),
  DAYTONA_API_KEY: secret
    .optional()
    .describe('Key of the adapter daytona, whose organization owns and pays its sandboxes'),
  DAYTONA_API_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Where the Daytona of the adapter daytona is; without it Daytona's cloud"),
  DAYTONA_SERVER_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The older name of DAYTONA_API_URL'),
  DAYTONA_TARGET: z.string().max(128).optional().describe('Region of the adapter daytona'),
  CAISSON_DAYTONA_CLOUD_IMAGES: imageReferencesSchema
    .prefault('')
    .describe('Templates of the adapter daytona, NAME=IMAGE with commas between them; the first is the default'),
  CAISSON_E2B_PORT: wholeNumber(0, 65_535).optional().describe("Port for E2B's clients alone, beside the path /e2b"),
  CAISSON_E2B_DOMAIN: z
    .string()
    .regex(/^[a-z0-9.-]+(:\d{1,5})?$/, 'must be a host name, with its port unless that is 443')
    .optional()
    .describe('Sandboxes are <port>-<id> below this name, which needs a wildcard in the DNS'),
  CAISSON_E2B_TLS_CERT: path
    .optional()
    .describe('With the key: CAISSON_E2B_PORT speaks TLS with this certificate (PEM)'),
  CAISSON_E2B_TLS_KEY: path.optional().describe('See CAISSON_E2B_TLS_CERT'),
  CAISSON_E2B_BUILDS: flag
    .default(false)
    .describe(
      "Whether E2B's clients may build templates: who has a key then runs what they like as root of this machine",
    ),
  CAISSON_DAYTONA_PORT: wholeNumber(0, 65_535)
    .optional()
    .describe("Port for Daytona's clients alone, beside the path /daytona"),
  CAISSON_DAYTONA_DOMAIN: z
    .string()
    .regex(/^[a-z0-9.-]+(:\d{1,5})?$/, 'must be a host name, with its port unless that is 80 or 443')
    .optional()
    .describe('Previews are <port>-<id> below this name, which needs a wildcard in the DNS; else a path'),
  CAISSON_DAYTONA_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("The address that Daytona's clients use, when a proxy in front of the service changes it"),
  CAISSON_DAYTONA_SSH_PORT: wholeNumber(0, 65_535)
    .optional()
    .describe('Port for SSH into sandboxes that were made by clients of Daytona; without it there is none'),
  CAISSON_DAYTONA_SSH_NAME: z
    .string()
    .optional()
    .describe('Host name by which such clients are told to connect; default the address to listen on'),
  CAISSON_MAX_SANDBOXES: wholeNumber(1, 100_000)
    .default(100)
    .describe('Sandboxes that one organization may have at one time, unless its quota says otherwise'),
  CAISSON_HOST_USD_PER_HOUR: z
    .string()
    .regex(/^\d{1,6}(\.\d{1,6})?$/, 'must be an amount like 0.25')
    .default('0')
    .transform(Number)
    .describe('What an hour of this machine costs; sandboxes on it are billed their share'),
  CAISSON_POLICY: z
    .string()
    .min(1)
    .transform((value) => (Object.hasOwn(shippedPolicies, value) ? value : resolve(value)))
    .optional()
    .describe('default, strict, air-gapped, or a file (YAML, JSON or caisson.config.ts); read again when it changes'),
  CAISSON_HOOKS_PRIVATE: flag.default(false).describe('Whether hooks may be at loopback and private addresses'),
  CAISSON_HOST_FUNCTIONS: path.optional().describe('Module whose `hostFunctions` carry out what is placed on the host'),
  CAISSON_MAX_RUNS: wholeNumber(1, 10_000).default(64).describe('Runs worked on at one time'),
  CAISSON_BODY_LIMIT_MB: wholeNumber(1, 1024).default(64).describe('Largest request, in MiB'),
  CAISSON_EVENT_RETENTION_DAYS: wholeNumber(1, 3650).default(30).describe('How long the output of runs is kept'),
  CAISSON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('What to log'),
  CAISSON_TRACE_FILE: flag.default(true).describe('Whether to write traces to traces.jsonl in the state directory'),
  LANGFUSE_PUBLIC_KEY: z.string().optional().describe('With the secret key: send traces to Langfuse'),
  LANGFUSE_SECRET_KEY: secret.optional().describe('See LANGFUSE_PUBLIC_KEY'),
  LANGFUSE_BASE_URL: z.url().optional().describe('Where Langfuse is, unless its cloud'),
  LANGFUSE_TRACING_ENVIRONMENT: z
    .string()
    .max(40)
    .regex(
      /^(?!langfuse)[a-z0-9-_]+$/,
      'must be lower-case letters, digits, "-" and "_", not beginning with "langfuse"',
    )
    .optional()
    .describe('Environment under which Langfuse shows the traces'),
  CAISSON_LANGFUSE_PROTOCOL: z
    .enum(['otel', 'ingestion'])
    .default('otel')
    .describe('How Langfuse is spoken to: otel, or ingestion for a self-hosted Langfuse v3'),
  CAISSON_OTLP_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Send traces to this OpenTelemetry collector as well: http://collector:4318/v1/traces'),
  CAISSON_OTLP_HEADERS: headers.default({}).describe('Sent to the collector, NAME=VALUE with commas between them'),
  CAISSON_REDACT_NAMES: list.default([]).describe('Further names whose values never appear in traces'),
  CAISSON_REDACT_PATTERN: pattern.optional().describe('Regular expression; what matches never appears in traces'),
  CAISSON_REDACT_PERSONAL: flag
    .default(true)
    .describe('Whether e-mail addresses and card numbers are kept out of traces'),
})

export interface Config {
  readonly host: string
  readonly port: number
  readonly allowedHosts: readonly string[]
  readonly stateDirectory: string
  readonly databaseUrl: string | undefined
  readonly databaseConnections: number
  readonly adapters: 'auto' | readonly AdapterChoice[]
  /** Where built templates lie. */
  readonly templateDirectory: string
  readonly engines: {
    readonly docker: EngineAddress
    readonly podman: EngineAddress
    /** A folder, for engines behind TLS. */
    readonly certificates: string | undefined
    /** Templates beside the built ones. */
    readonly images: readonly ImageReference[]
    readonly namespace: string
  }
  /** The adapter; absent without a key. */
  readonly e2bCloud:
    | {
        readonly apiKey: string
        readonly domain: string | undefined
        readonly url: string | undefined
        readonly templates: readonly ImageReference[]
        readonly maxTtlMs: number
        readonly egress: 'none' | 'web'
      }
    | undefined
  /** The adapter; absent without a key. */
  readonly daytonaCloud:
    | {
        readonly apiKey: string
        readonly apiUrl: string | undefined
        readonly target: string | undefined
        readonly images: readonly ImageReference[]
      }
    | undefined
  readonly e2b: {
    /** Absent: only below `/e2b` of the service itself. */
    readonly port: number | undefined
    readonly domain: string | undefined
    readonly tls: { readonly certificate: string; readonly key: string } | undefined
    /** Whether clients may build templates, which runs outside of sandboxes. */
    readonly builds: boolean
  }
  readonly daytona: {
    /** Absent: only below `/daytona` of the service itself. */
    readonly port: number | undefined
    readonly domain: string | undefined
    readonly publicUrl: string | undefined
    /** Absent: no SSH. */
    readonly ssh: { readonly port: number; readonly name: string } | undefined
  }
  readonly maxSandboxes: number
  /** Of this machine. */
  readonly usdPerHour: number
  readonly policyFile: string | undefined
  readonly hooksPrivate: boolean
  readonly hostFunctionsModule: string | undefined
  readonly maxRuns: number
  readonly bodyLimitBytes: number
  readonly eventRetentionMs: number
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly traceFile: boolean
  readonly langfuse:
    | {
        readonly publicKey: string
        readonly secretKey: string
        readonly baseUrl: string | undefined
        readonly environment: string | undefined
        readonly protocol: 'otel' | 'ingestion'
      }
    | undefined
  /** A collector besides. */
  readonly otlp: { readonly url: string; readonly headers: Readonly<Record<string, string>> } | undefined
  readonly redaction: {
    readonly keys: readonly string[]
    readonly patterns: readonly RegExp[]
    readonly personal: boolean
  }
}

/** The only reader of the environment. Throws `OperationError` that names the variable at fault and what it must be. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = environmentSchema.safeParse(given)
  if (!parsed.success) throw faulty(parsed.error)
  const variables = parsed.data
  return {
    host: variables.CAISSON_HOST,
    port: variables.CAISSON_PORT,
    allowedHosts: variables.CAISSON_ALLOWED_HOSTS,
    stateDirectory: variables.CAISSON_STATE_DIR,
    databaseUrl: variables.DATABASE_URL,
    databaseConnections: variables.CAISSON_DATABASE_CONNECTIONS,
    adapters: variables.CAISSON_ADAPTERS,
    templateDirectory: variables.CAISSON_TEMPLATES,
    engines: {
      docker: variables.DOCKER_HOST,
      podman: variables.CAISSON_PODMAN_HOST,
      certificates: variables.DOCKER_CERT_PATH,
      images: variables.CAISSON_DOCKER_IMAGES,
      namespace: variables.CAISSON_DOCKER_NAMESPACE ?? namespaceOf(variables.CAISSON_STATE_DIR),
    },
    e2bCloud: e2bCloudOf(variables),
    daytonaCloud: daytonaCloudOf(variables),
    e2b: {
      port: variables.CAISSON_E2B_PORT,
      domain: variables.CAISSON_E2B_DOMAIN,
      tls: tlsOf(variables),
      builds: variables.CAISSON_E2B_BUILDS,
    },
    daytona: {
      port: variables.CAISSON_DAYTONA_PORT,
      domain: variables.CAISSON_DAYTONA_DOMAIN,
      publicUrl: variables.CAISSON_DAYTONA_URL,
      ssh:
        variables.CAISSON_DAYTONA_SSH_PORT === undefined
          ? undefined
          : {
              port: variables.CAISSON_DAYTONA_SSH_PORT,
              name: variables.CAISSON_DAYTONA_SSH_NAME ?? variables.CAISSON_HOST,
            },
    },
    maxSandboxes: variables.CAISSON_MAX_SANDBOXES,
    usdPerHour: variables.CAISSON_HOST_USD_PER_HOUR,
    policyFile: variables.CAISSON_POLICY,
    hooksPrivate: variables.CAISSON_HOOKS_PRIVATE,
    hostFunctionsModule: variables.CAISSON_HOST_FUNCTIONS,
    maxRuns: variables.CAISSON_MAX_RUNS,
    bodyLimitBytes: variables.CAISSON_BODY_LIMIT_MB * mib,
    eventRetentionMs: variables.CAISSON_EVENT_RETENTION_DAYS * 24 * hourMs,
    logLevel: variables.CAISSON_LOG_LEVEL,
    traceFile: variables.CAISSON_TRACE_FILE,
    langfuse: langfuseOf(variables),
    otlp:
      variables.CAISSON_OTLP_URL === undefined
        ? undefined
        : { url: variables.CAISSON_OTLP_URL, headers: variables.CAISSON_OTLP_HEADERS },
    redaction: {
      keys: variables.CAISSON_REDACT_NAMES,
      patterns: variables.CAISSON_REDACT_PATTERN === undefined ? [] : [variables.CAISSON_REDACT_PATTERN],
      personal: variables.CAISSON_REDACT_PERSONAL,
    },
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

function defaultStateDirectory(): string {
  if (process.getuid?.() === 0) return '/var/lib/caisson-orchestrator'
  return join(homedir(), '.local', 'state', 'caisson-orchestrator')
}

/** Two services of one machine have two state directories. */
function namespaceOf(stateDirectory: string): string {
  return createHash('sha256').update(stateDirectory).digest('hex').slice(0, 16)
}

function tlsOf(variables: z.output<typeof environmentSchema>): Config['e2b']['tls'] {
  const { CAISSON_E2B_TLS_CERT: certificate, CAISSON_E2B_TLS_KEY: key } = variables
  if (certificate === undefined && key === undefined) return undefined
  if (certificate !== undefined && key !== undefined) return { certificate, key }
  const missing = certificate === undefined ? 'CAISSON_E2B_TLS_CERT' : 'CAISSON_E2B_TLS_KEY'
  throw new OperationError('invalid-operation', `${missing} is not set, but its counterpart is`, {
    field: missing,
    remedy: 'set both, or neither',
  })
}

function e2bCloudOf(variables: z.output<typeof environmentSchema>): Config['e2bCloud'] {
  const { E2B_API_KEY: apiKey, CAISSON_ADAPTERS: adapters } = variables
  if (apiKey === undefined) {
    if (adapters === 'auto' || !adapters.some(({ adapter }) => adapter === 'e2b')) return undefined
    throw new OperationError('invalid-operation', 'E2B_API_KEY is not set, which the adapter e2b needs', {
      field: 'E2B_API_KEY',
      remedy: 'make a key at https://e2b.dev/dashboard?tab=keys and set it, or take e2b out of CAISSON_ADAPTERS',
    })
  }
  return {
    apiKey,
    domain: variables.CAISSON_E2B_CLOUD_DOMAIN,
    url: variables.CAISSON_E2B_CLOUD_URL,
    templates: variables.CAISSON_E2B_CLOUD_TEMPLATES,
    maxTtlMs: variables.CAISSON_E2B_CLOUD_HOURS * hourMs,
    egress: variables.CAISSON_E2B_CLOUD_EGRESS,
  }
}

function daytonaCloudOf(variables: z.output<typeof environmentSchema>): Config['daytonaCloud'] {
  const { DAYTONA_API_KEY: apiKey, CAISSON_ADAPTERS: adapters } = variables
  if (apiKey === undefined) {
    if (adapters === 'auto' || !adapters.some(({ adapter }) => adapter === 'daytona')) return undefined
    throw new OperationError('invalid-operation', 'DAYTONA_API_KEY is not set, which the adapter daytona needs', {
      field: 'DAYTONA_API_KEY',
      remedy: 'make a key at https://app.daytona.io/dashboard/keys and set it, or take daytona out of CAISSON_ADAPTERS',
    })
  }
  return {
    apiKey,
    apiUrl: variables.DAYTONA_API_URL ?? variables.DAYTONA_SERVER_URL,
    target: variables.DAYTONA_TARGET,
    images: variables.CAISSON_DAYTONA_CLOUD_IMAGES,
  }
}

function langfuseOf(variables: z.output<typeof environmentSchema>): Config['langfuse'] {
  const { LANGFUSE_PUBLIC_KEY: publicKey, LANGFUSE_SECRET_KEY: secretKey, LANGFUSE_BASE_URL: baseUrl } = variables
  if (publicKey === undefined && secretKey === undefined) return undefined
  if (publicKey !== undefined && secretKey !== undefined) {
    return {
      publicKey,
      secretKey,
      baseUrl,
      environment: variables.LANGFUSE_TRACING_ENVIRONMENT,
      protocol: variables.CAISSON_LANGFUSE_PROTOCOL,
    }
  }
  const missing = publicKey === undefined ? 'LANGFUSE_PUBLIC_KEY' : 'LANGFUSE_SECRET_KEY'
  throw new OperationError('invalid-operation', `${missing} is not set, but its counterpart is`, {
    field: missing,
    remedy: 'set both, or neither',
  })
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
