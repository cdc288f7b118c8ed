import { builderError, spaceRemedy } from './builder-error.ts'
import { type IsolatedResult, runIsolated } from './isolated.ts'
import { storagePath, type Store, workPath } from './store.ts'

export interface BuildahOptions {
  readonly signal?: AbortSignal | undefined
  readonly onLine?: ((line: string) => void) | undefined
}

/** The program with our own storage. What it knows of mounts goes with the mounts: it lies where a build's leftovers are. */
function buildahCommand(store: Store): readonly string[] {
  return ['buildah', '--root', storagePath(store), '--runroot', `${workPath(store)}/run`, '--storage-driver', 'overlay']
}

/** Runs a shell script to which `"$@"` is buildah and the words before it are `$1`, `$2` … named by the script itself. */
export async function buildahScript(
  store: Store,
  script: string,
  words: readonly string[],
  options: BuildahOptions = {},
): Promise<IsolatedResult> {
  const argv = ['sh', '-euc', script, 'sh', ...words, ...buildahCommand(store)]
  return await runIsolated(argv, { cwd: workPath(store), ...options })
}

export async function buildah(
  store: Store,
  words: readonly string[],
  options: BuildahOptions = {},
): Promise<IsolatedResult> {
  return await runIsolated([...buildahCommand(store), ...words], { cwd: workPath(store), ...options })
}

/** Fails unless the program did what it should. */
export function assertDone({ exitCode, tail }: IsolatedResult, doing: string): void {
  if (exitCode === 0) return
  if (isOutOfSpace(tail)) throw builderError('no-space', `${doing}: no space left`, { remedy: spaceRemedy })
  throw builderError('provider', `${doing}: exit code ${exitCode}: ${tail.slice(-5).join('\n')}`)
}

/** Programs tell this by the C library's words alone. */
export function isOutOfSpace(lines: readonly string[]): boolean {
  return lines.some((line) => /no space left on device|disk quota exceeded/i.test(line))
}

export async function hasImage(store: Store, image: string): Promise<boolean> {
  return (await buildah(store, ['inspect', '--type', 'image', '--format', '{{.FromImageID}}', image])).exitCode === 0
}

/** Takes away containers of a build that was killed or failed. Only for who holds the lock. */
export async function removeContainers(store: Store): Promise<void> {
  assertDone(await buildah(store, ['rm', '--all']), 'removing working containers')
}
