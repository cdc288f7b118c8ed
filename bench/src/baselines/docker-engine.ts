import { execFile } from 'node:child_process'
import { access, chown, copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { timed } from '../measure.ts'

const run = promisify(execFile)
const provision = fileURLToPath(new URL('../../../infra/provision/docker.sh', import.meta.url))
/** An engine of our own, so that ending it ends nobody else's. */
const directory = fileURLToPath(new URL('../../../.caisson/bench/docker', import.meta.url))
export const dockerImage = 'caisson-bench'
const busybox = '/bin/busybox'
const idSchema = z.object({ Id: z.string() })

/** A Docker engine, driven over its API with a connection that is kept, with an image that is next to nothing. */
export interface DockerEngine extends AsyncDisposable {
  readonly socketPath: string
  readonly createAndExec: () => Promise<number>
  readonly exec: () => Promise<number>
}

export async function dockerEngine(): Promise<DockerEngine> {
  const { stdout } = await run('sh', [provision, 'start', '--dir', directory])
  const socketPath = /^DOCKER_HOST=unix:\/\/(.*)$/m.exec(stdout)?.[1]
  if (socketPath === undefined) throw new Error(`no Docker engine: ${stdout}`)
  const agent = new Agent({ keepAlive: true })
  const call = async (method: string, path: string, body: unknown): Promise<unknown> =>
    await callEngine({ agent, socketPath, method, path: `/v1.41${path}` }, body)
  await access(busybox).catch(() => {
    throw new Error(`the image for Docker needs Debian's package busybox-static: sh ${provision} install`)
  })
  await importImage(socketPath)

  const create = async (): Promise<string> => {
    const { Id } = idSchema.parse(
      await call('POST', '/containers/create', {
        Image: dockerImage,
        Cmd: ['sleep', '1000000'],
        HostConfig: { NetworkMode: 'none', Memory: 512 * 1024 * 1024, PidsLimit: 256, NanoCpus: 1e9, Init: false },
      }),
    )
    await call('POST', `/containers/${Id}/start`, undefined)
    return Id
  }
  const execTrue = async (container: string) => {
    const { Id } = idSchema.parse(
      await call('POST', `/containers/${container}/exec`, { Cmd: ['true'], AttachStdout: true, AttachStderr: true }),
    )
    await call('POST', `/exec/${Id}/start`, { Detach: false, Tty: false })
  }
  const remove = async (container: string) => {
    await call('DELETE', `/containers/${container}?force=true`, undefined)
  }
  let running: string | undefined
  return {
    socketPath,
    createAndExec: async () => {
      let container = ''
      const elapsedMs = await timed(async () => {
        container = await create()
        await execTrue(container)
      })
      await remove(container)
      return elapsedMs
    },
    exec: async () => {
      const container = (running ??= await create())
      return await timed(async () => await execTrue(container))
    },
    [Symbol.asyncDispose]: async () => {
      if (running !== undefined) await remove(running)
      agent.destroy()
      await run('sh', [provision, 'stop', '--dir', directory])
    },
  }
}

interface EngineCall {
  readonly agent: Agent
  readonly socketPath: string
  readonly method: string
  readonly path: string
}

async function callEngine(target: EngineCall, body: unknown): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const text = body === undefined ? '' : JSON.stringify(body)
  const asked = request(
    { ...target, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } },
    (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const answer = Buffer.concat(parts).toString()
        if ((response.statusCode ?? 500) >= 400) reject(new Error(`Docker: ${answer}`))
        else
          resolve(
            response.headers['content-type'] === 'application/json' && answer !== '' ? JSON.parse(answer) : answer,
          )
      })
    },
  )
  asked.on('error', reject)
  asked.end(text)
  return await promise
}

async function importImage(socketPath: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'caisson-bench-root-'))
  try {
    await mkdir(join(root, 'bin'))
    // As a template has it.
    await mkdir(join(root, 'home/user'), { recursive: true })
    await chown(join(root, 'home/user'), 1000, 1000)
    await copyFile(busybox, join(root, 'bin/busybox'))
    for (const name of ['sh', 'sleep', 'true']) await symlink('busybox', join(root, 'bin', name))
    const url = `http://engine/v1.41/images/create?fromSrc=-&repo=${dockerImage}`
    await run('sh', [
      '-c',
      'tar -C "$1" -c . | curl -fsS --unix-socket "$2" -X POST --data-binary @- -H "content-type: application/x-tar" "$3"',
      'sh',
      root,
      socketPath,
      url,
    ])
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}
