import { type CallOptions, SandboxError } from '@caisson/core'
import type { Container } from 'dockerode'
import type { Duplex } from 'node:stream'
import type { DaemonConfig } from './daemon-config.ts'
import { createDemultiplexer } from './demultiplex.ts'
import type { Engine } from './engine.ts'
import { hijack } from './hijack.ts'

/** What the daemon says when it listens. */
const readyLine = 'ready\n'
/** How long the daemon may take on a busy machine. */
const readyLimitMs = 30_000
/** How much is kept of what a container says while it starts. */
const wordLimitBytes = 4096

/**
 * Starts a container and hands the daemon its configuration through the standard input, so that secrets appear neither on a disk nor in what
 * the engine tells about the container. Resolves when the daemon listens.
 */
export async function startContainer(
  engine: Engine,
  container: Container,
  config: DaemonConfig,
  options?: CallOptions,
): Promise<void> {
  const streams = await engine.call(
    'container',
    options,
    async (abortSignal) =>
      await hijack(
        engine,
        `/containers/${container.id}/attach?stream=1&stdin=1&stdout=1&stderr=1`,
        undefined,
        abortSignal,
      ),
  )
  try {
    const ready = untilReady(engine, streams)
    // It may fail before it is waited for.
    ready.catch(() => undefined)
    await engine.call('container', options, async (abortSignal) => await container.start({ abortSignal }))
    streams.write(`${JSON.stringify(config)}\n`)
    await engine.call('container', { ...options, limitMs: readyLimitMs }, async () => await ready)
  } finally {
    streams.destroy()
  }
}

/** Resolves at the daemon's word, and rejects with what the container had to say when it ends instead. */
async function untilReady(engine: Engine, streams: Duplex): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let heard = ''
  let complaint = ''
  const demultiplex = createDemultiplexer({
    stdout: (bytes) => {
      heard = (heard + bytes.toString('latin1')).slice(0, wordLimitBytes)
      if (heard.includes(readyLine)) resolve()
    },
    stderr: (bytes) => {
      complaint = (complaint + bytes.toString('utf8')).slice(0, wordLimitBytes)
    },
  })
  const fail = (cause?: unknown): void => {
    const message = `the sandbox ended while it started: ${complaint.trim() || 'it said nothing'}`
    reject(new SandboxError('provider', engine.adapter, message, { cause }))
  }
  streams.on('data', (chunk: Buffer) => {
    try {
      demultiplex(chunk)
    } catch (error) {
      fail(error)
    }
  })
  streams.once('end', fail).once('close', fail).once('error', fail)
  await promise
}
