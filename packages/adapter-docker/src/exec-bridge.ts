import { daemonEnvironment } from '@caisson/adapter-kit'
import { isSandboxError, SandboxError } from '@caisson/core'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { callbackify } from 'node:util'
import { z } from 'zod'
import { createDemultiplexer } from './demultiplex.ts'
import type { Engine } from './engine.ts'
import { hijack } from './hijack.ts'

/**
 * The standard streams of `daemon bridge`, which the engine starts in a container. Returns at once: what is written before the engine has answered waits.
 */
export function openBridge(engine: Engine, containerId: string): Duplex {
  let raw: Duplex | undefined
  const bridge: Duplex = new Duplex({
    construct: callbackify(async () => {
      raw = await execBridge(engine, containerId)
      forward(engine, raw, bridge)
    }),
    read: () => void raw?.resume(),
    write: (chunk, _encoding, done) => void raw?.write(chunk, done),
    final: (done) => void raw?.end(done),
    destroy: (error, done) => {
      raw?.destroy()
      done(error)
    },
  })
  return bridge
}

async function execBridge(engine: Engine, containerId: string): Promise<Duplex> {
  const container = engine.docker.getContainer(containerId)
  try {
    return await engine.call('container', undefined, async (abortSignal) => {
      const { id } = await container.exec({
        Cmd: ['/opt/caisson/daemon', 'bridge'],
        Env: [...daemonEnvironment],
        User: '0:0',
        WorkingDir: '/',
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Tty: false,
        abortSignal,
      })
      return await hijack(engine, `/exec/${id}/start`, JSON.stringify({ Detach: false, Tty: false }), abortSignal)
    })
  } catch (error) {
    // The engine refuses a program in a paused container the way it does in one that ends.
    if (!isSandboxError(error) || error.code !== 'conflict' || (await isPaused(engine, containerId))) throw error
    throw new SandboxError('unavailable', engine.adapter, 'the sandbox ends', { cause: error })
  }
}

const inspectionSchema = z.object({ State: z.object({ Paused: z.boolean() }) })

async function isPaused(engine: Engine, containerId: string): Promise<boolean> {
  const container = engine.docker.getContainer(containerId)
  return await engine.call(
    'container',
    undefined,
    async () => inspectionSchema.parse(await container.inspect()).State.Paused,
  )
}

function forward(engine: Engine, raw: Duplex, bridge: Duplex): void {
  let heard = false
  const pass = (bytes: Buffer): void => {
    if (!bridge.push(bytes)) raw.pause()
  }
  const demultiplex = createDemultiplexer({
    stdout: (bytes) => {
      heard = true
      pass(bytes)
    },
    // Of interest only while there is nothing else.
    stderr: (bytes) => {
      if (!heard) pass(bytes)
    },
  })
  raw.on('data', (chunk: Buffer) => {
    try {
      demultiplex(chunk)
    } catch (error) {
      bridge.destroy(new SandboxError('protocol', engine.adapter, 'the engine mixes up the streams', { cause: error }))
    }
  })
  raw.on('end', () => bridge.push(null))
  raw.on('error', (error) => bridge.destroy(error))
  raw.on('close', () => bridge.destroy())
  // Waiting for an answer keeps the program running, a connection does not.
  if (raw instanceof Socket) raw.unref()
}
