import Docker from 'dockerode'
import { execFile, execFileSync } from 'node:child_process'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../../..')
const data = process.env['CAISSON_PROVISION_DIR'] ?? join(root, '.caisson/provision')

export type EngineKind = 'docker' | 'podman'

/** An engine with the image that tests use, or why there is none. */
export type TestEngine =
  | { readonly kind: EngineKind; readonly socketPath: string; readonly image: string }
  | { readonly kind: EngineKind; readonly reason: string }

/** Starts the engine with this machine's own scripts, unless it runs, and gives it the image. */
export async function startEngine(kind: EngineKind): Promise<TestEngine> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { kind, reason: 'needs Linux on x86-64' }
  if (process.getuid?.() !== 0) return { kind, reason: 'needs root, to start an engine' }
  if (!existsSync(join(root, 'packages/daemon/dist/linux-x64/daemon'))) {
    return { kind, reason: 'needs the daemon: pnpm --filter @caisson/daemon build:executable' }
  }
  try {
    const { stdout } = await provision(kind, 'start')
    const socketPath = /^DOCKER_HOST=unix:\/\/(.+)$/m.exec(stdout)?.[1] ?? ''
    return { kind, socketPath, image: await importImage(kind, new Docker({ socketPath }), await baseImage()) }
  } catch (error) {
    return { kind, reason: `no engine: sh infra/provision/${kind}.sh start (${String(error).slice(0, 300)})` }
  }
}

/** Waits for it, so that a program can do it as the last thing. */
export function stopEngine(kind: EngineKind): void {
  const [program, ...words] = command(kind, 'stop')
  execFileSync(program, words, { stdio: ['ignore', 'ignore', 'inherit'] })
}

export async function isRunning(kind: EngineKind): Promise<boolean> {
  return await provision(kind, 'status').then(
    () => true,
    () => false,
  )
}

async function provision(kind: EngineKind, action: string): Promise<{ readonly stdout: string }> {
  const [program, ...words] = command(kind, action)
  return await run(program, words)
}

function command(kind: EngineKind, action: string): readonly [string, ...string[]] {
  return ['sh', join(root, `infra/provision/${kind}.sh`), action, '--dir', join(data, kind)]
}

/** A root file system as an uncompressed tar, made once. */
export async function baseImage(): Promise<string> {
  const path = join(data, 'docker-test-base.tar')
  await mkdir(data, { recursive: true })
  if (!existsSync(path)) await run('sh', [join(import.meta.dirname, 'base-image.sh'), path])
  return path
}

/** The image under a name of its own; Podman takes an imported one by its id only. */
export async function importImage(kind: EngineKind, docker: Docker, archive: string): Promise<string> {
  const [repo, tag] = [`${kind === 'podman' ? 'localhost/' : ''}caisson/test-base`, 'latest']
  const reference = `${repo}:${tag}`
  if (await hasImage(docker, reference)) return reference
  const answer = await docker.importImage(createReadStream(archive), { repo: 'caisson-import', tag: 'latest' })
  const lines: { status?: string }[] = await new Promise((done, fail) => {
    docker.modem.followProgress(answer, (error, output) => (error === null ? done(output) : fail(error)))
  })
  const id = lines.findLast(({ status }) => status?.startsWith('sha256:'))?.status
  await docker.getImage(id ?? '').tag({ repo, tag })
  return reference
}

async function hasImage(docker: Docker, reference: string): Promise<boolean> {
  return await docker
    .getImage(reference)
    .inspect()
    .then(
      () => true,
      () => false,
    )
}
