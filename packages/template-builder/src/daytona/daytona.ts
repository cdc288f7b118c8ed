import { gib, isSandboxError, type SandboxErrorCode } from '@caisson/core'
import type { Daytona, Image } from '@daytonaio/sdk'
import { builderError } from '../builder-error.ts'
import type { OnBuildEvent } from '../events.ts'
import { readDockerfile } from '../inputs.ts'
import { readSingleStage } from '../single-stage.ts'
import { StepError } from '../step-error.ts'
import type { Wanted } from '../version-chain.ts'

/** Daytona's cloud, or what speaks like it. */
export interface DaytonaOptions {
  readonly apiKey: string
  /** Default: Daytona's own. */
  readonly apiUrl?: string | undefined
  /** The region. Default: that of the organization. */
  readonly target?: string | undefined
}

/** Loaded late: it is large, and few builds are for Daytona. */
const sdk = async () => await import('@daytonaio/sdk')

/** Daytona has no names that move: a snapshot is one version. */
const snapshotName = (name: string, version: string) => `caisson-${name}:${version}`

/** Whether Daytona has this version. */
export async function findOnDaytona(
  account: DaytonaOptions,
  name: string,
  version: string,
): Promise<'absent' | 'present'> {
  return await call(account, 'looking for the snapshot', async (daytona) => {
    const { DaytonaNotFoundError } = await sdk()
    const found = await daytona.snapshot.get(snapshotName(name, version)).catch((error: unknown) => {
      if (error instanceof DaytonaNotFoundError) return undefined
      throw error
    })
    return found?.state === 'active' ? 'present' : 'absent'
  })
}

/**
 * Builds a version there, from the instructions of the template and its parents. The SDK takes no signal: a build that is given up goes on there, under
 * the name of its version, and the next one waits for nothing.
 */
export async function buildOnDaytona(
  account: DaytonaOptions,
  chain: readonly Wanted[],
  { onEvent, signal }: { readonly onEvent: OnBuildEvent; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const wanted = chain.at(-1)
  if (wanted === undefined) return
  const { template, version } = wanted
  const { name, resources } = template
  if ((await findOnDaytona(account, name, version)) === 'present') return
  onEvent({ type: 'phase', template: name, phase: 'push' })
  const image = await imageOf(chain)
  const { cpus, memoryBytes, diskBytes } = resources
  const output: string[] = []
  await call(account, `building ${name}`, async (daytona) => {
    const building = daytona.snapshot.create(
      {
        name: snapshotName(name, version),
        image,
        // Whatever a terminal starts, the machine of a sandbox goes on.
        entrypoint: ['sleep', 'infinity'],
        resources: {
          ...(cpus === undefined ? {} : { cpu: Math.ceil(cpus) }),
          ...(memoryBytes === undefined ? {} : { memory: Math.ceil(memoryBytes / gib) }),
          ...(diskBytes === undefined ? {} : { disk: Math.ceil(diskBytes / gib) }),
        },
      },
      {
        onLogs: (text) => {
          for (const line of text.split('\n')) {
            output.push(line)
            onEvent({ type: 'output', template: name, text: line })
          }
        },
      },
    )
    await orGivenUp(building, signal).catch(async (error: unknown) => {
      throw (await isFailedBuild(daytona, name, version)) ? failure(name, error, output) : error
    })
  })
}

async function imageOf(chain: readonly Wanted[]): Promise<Image> {
  const { Image } = await sdk()
  let image: Image | undefined
  for (const { template } of chain) {
    if (template.parent === 'scratch') {
      throw builderError('unsupported', `${template.name} is made from nothing, and Daytona builds from an image`, {
        field: 'parent',
      })
    }
    const stage = readSingleStage(await readDockerfile(template.directory))
    image = (image ?? Image.base(stage.image)).dockerfileCommands([...stage.lines], template.directory)
  }
  const paths = image?.contextList.map(({ archivePath }) => archivePath) ?? []
  const twice = paths.find((path, index) => paths.indexOf(path) !== index)
  if (image === undefined || twice !== undefined) {
    throw builderError('unsupported', `two templates of one chain copy ${twice}, and Daytona has one folder for both`, {
      field: 'Dockerfile',
      remedy: 'give it another name in one of them',
    })
  }
  return image
}

async function orGivenUp<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work
  const { promise, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', giveUp)
    work.catch(() => undefined)
  }
}

/** The SDK has one class for what could not be asked and for what could not be built. */
async function isFailedBuild(daytona: Daytona, name: string, version: string): Promise<boolean> {
  const found = await daytona.snapshot.get(snapshotName(name, version)).catch(() => undefined)
  return found?.state === 'build_failed' || found?.state === 'error'
}

function failure(name: string, error: unknown, output: readonly string[]): Error {
  const message = error instanceof Error ? error.message : String(error)
  const shown = output.slice(-12).map((text) => `    ${text}`)
  return builderError('invalid-argument', [`${name}/Dockerfile: failed on Daytona: ${message}`, ...shown].join('\n'), {
    field: 'Dockerfile',
    remedy: 'mend the instruction, remove the failed snapshot there, then build again',
    cause: new StepError({ line: undefined, instruction: '', exitCode: 1, output: output.slice(-40) }),
  })
}

const byStatus: Readonly<Record<number, SandboxErrorCode>> = {
  400: 'invalid-argument',
  401: 'unauthenticated',
  403: 'permission-denied',
  404: 'template-not-found',
  409: 'conflict',
  429: 'rate-limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

const remedies: Readonly<Partial<Record<SandboxErrorCode, string>>> = {
  unauthenticated: 'set DAYTONA_API_KEY to a key of your organization',
  conflict: 'a snapshot of this version is there and is not active: look at it, or remove it, then build again',
  'rate-limited': 'try again later',
  unavailable: 'see whether Daytona is up, and DAYTONA_API_URL',
}

/** One use of the SDK. What it throws is one of ours, by its class and status. */
async function call<T>(account: DaytonaOptions, doing: string, work: (daytona: Daytona) => Promise<T>): Promise<T> {
  const { Daytona, DaytonaConnectionError, DaytonaError } = await sdk()
  const { apiKey, apiUrl, target } = account
  const daytona = new Daytona({
    apiKey,
    ...(apiUrl === undefined ? {} : { apiUrl }),
    ...(target === undefined ? {} : { target }),
    // No connection for events, which would keep the process; no telemetry, which would take over that of the whole process.
    useDeprecatedPolling: true,
    otelEnabled: false,
  })
  try {
    return await work(daytona)
  } catch (error) {
    if (isSandboxError(error) || !(error instanceof DaytonaError)) throw error
    const code =
      error instanceof DaytonaConnectionError ? 'unavailable' : (byStatus[error.statusCode ?? 0] ?? 'provider')
    throw builderError(code, `daytona, ${doing}: ${error.message}`, {
      cause: error,
      ...(remedies[code] === undefined ? {} : { remedy: remedies[code] }),
      ...(code === 'unavailable' || code === 'rate-limited' ? { retryable: true } : {}),
    })
  } finally {
    await daytona[Symbol.asyncDispose]()
  }
}
