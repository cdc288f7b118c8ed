import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SandboxError } from '@caisson/core'
import Docker from 'dockerode'
import { execa } from 'execa'
import { z } from 'zod'
import type { EngineKind } from './container-engine.ts'
import type { OnStage } from './place.ts'

const script = fileURLToPath(new URL('../../../../../infra/base-image/machine.sh', import.meta.url))

/** What the scenario uses; without what pandas and matplotlib can do without. */
const packages = 'python3 python3-pandas python3-matplotlib poppler-utils !python3-scipy !python3-sympy !unicode-data'

const progressSchema = z.array(z.object({ status: z.string().optional(), error: z.string().optional() }))

/** An image with the Python of this machine, made anew only when a package changed. Resolves to its name on the engine. */
export async function machineImage(kind: EngineKind, socketPath: string, onStage: OnStage): Promise<string> {
  const contents = await makeRoot('-')
  const tag = createHash('sha256').update(contents).digest('hex').slice(0, 16)
  // Podman gives names without a host to itself only under this one.
  const repo = kind === 'podman' ? 'localhost/caisson/quickstart' : 'caisson/quickstart'
  const docker = new Docker({ socketPath })
  if (await hasImage(docker, `${repo}:${tag}`)) return `${repo}:${tag}`
  const directory = await mkdtemp(join(tmpdir(), 'caisson-quickstart-'))
  try {
    onStage('packing the Python of this machine as an image (once)')
    const archive = join(directory, 'root.tar')
    await makeRoot(archive)
    onStage('sending the image to the engine (once)')
    const id = await importRoot(docker, archive)
    await docker.getImage(id).tag({ repo, tag })
    return `${repo}:${tag}`
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function makeRoot(file: string): Promise<string> {
  const { exitCode, stdout, stderr } = await execa('sh', [script, file, ...packages.split(' ')], {
    reject: false,
    stdin: 'ignore',
  })
  if (exitCode === 0) return stdout
  throw new SandboxError('provider', 'quickstart', `no image could be made of this machine: ${stderr.trim()}`, {
    remedy: 'it needs root on Debian, and the packages of: sh infra/provision/all.sh',
  })
}

async function importRoot(docker: Docker, archive: string): Promise<string> {
  const answer = await docker.importImage(createReadStream(archive))
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  docker.modem.followProgress(answer, (error, lines) => (error === null ? resolve(lines) : reject(error)))
  const lines = progressSchema.parse(await promise)
  const id = lines.findLast(({ status }) => status?.startsWith('sha256:') === true)?.status
  if (id !== undefined) return id
  const said = lines.find(({ error }) => error !== undefined)?.error ?? 'it named no image'
  throw new SandboxError('provider', 'quickstart', `the engine did not take the image: ${said}`)
}

async function hasImage(docker: Docker, name: string): Promise<boolean> {
  return await docker
    .getImage(name)
    .inspect()
    .then(
      () => true,
      () => false,
    )
}
