import { access, constants, mkdir, mkdtemp, readFile, rm, rmdir, statfs } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { get as getSecurely } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { execa } from 'execa'
import { searchPath } from '../config.ts'

/** The machine as the checks see it, so that tests can be one. Nothing here rejects because something is not there. */
export interface Machine {
  readonly platform: string
  readonly architecture: string
  readonly uid: number | undefined
  /** Undefined when it cannot be read. */
  readonly readText: (path: string) => Promise<string | undefined>
  readonly isThere: (path: string, use?: 'read' | 'read-write') => Promise<boolean>
  /** The path of a program. */
  readonly findProgram: (name: string) => Promise<string | undefined>
  readonly run: (argv: readonly [string, ...string[]], timeoutMs?: number) => Promise<RunResult>
  /** Whether a folder can be made there; it is removed again. */
  readonly canMakeFolder: (parent: string) => Promise<boolean>
  /** Of the file system on which the path lies, or would. */
  readonly freeBytes: (path: string) => Promise<number | undefined>
  /** The answer to a request to an HTTP server; undefined when there is none. */
  readonly ask: (at: Server, path: string) => Promise<string | undefined>
  /** Whether anything listens on a TCP port of this machine. */
  readonly isListening: (port: number) => Promise<boolean>
}

export type Server =
  | { readonly socketPath: string }
  | {
      /** Default: this machine. */
      readonly host?: string
      readonly port: number
      /** Folder with `ca.pem`, `cert.pem` and `key.pem`. Absent: without TLS. */
      readonly certificates?: string | undefined
    }

export interface RunResult {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

const answerMs = 3000

export function thisMachine(): Machine {
  return {
    platform: process.platform,
    architecture: process.arch,
    uid: process.getuid?.(),
    readText: async (path) => await readFile(path, 'utf8').catch(() => undefined),
    isThere,
    findProgram: async (name) => {
      for (const directory of [...searchPath().split(delimiter), '/usr/sbin', '/sbin']) {
        if (directory !== '' && (await isExecutable(join(directory, name)))) return join(directory, name)
      }
      return undefined
    },
    run,
    canMakeFolder,
    freeBytes,
    ask,
    isListening,
  }
}

async function isThere(path: string, use: 'read' | 'read-write' = 'read'): Promise<boolean> {
  const mode = use === 'read' ? constants.R_OK : constants.R_OK | constants.W_OK
  return await access(path, mode).then(
    () => true,
    () => false,
  )
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

async function run([program, ...words]: readonly [string, ...string[]], timeoutMs = 10_000): Promise<RunResult> {
  const { exitCode, stdout, stderr } = await execa(program, words, {
    reject: false,
    stdin: 'ignore',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 1024,
    cwd: '/',
  })
  return { exitCode, stdout, stderr }
}

async function canMakeFolder(parent: string): Promise<boolean> {
  const path = join(parent, `caisson-doctor-${process.pid}`)
  try {
    await mkdir(path)
    // A control group is a folder that cannot be emptied, only removed.
    await rmdir(path)
    return true
  } catch {
    return false
  }
}

async function freeBytes(path: string): Promise<number | undefined> {
  for (let place = path; ; place = dirname(place)) {
    const found = await statfs(place).catch(() => undefined)
    if (found !== undefined) return found.bavail * found.bsize
    if (place === dirname(place)) return undefined
  }
}

async function ask(at: Server, path: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const hear = (response: IncomingMessage): void => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text = (text + chunk).slice(0, 64 * 1024)
    })
    response.on('end', () => resolve(text))
    response.on('error', () => resolve(undefined))
  }
  const folder = 'socketPath' in at ? undefined : at.certificates
  const tls = folder === undefined ? undefined : await readCertificates(folder)
  if (folder !== undefined && tls === undefined) return undefined
  const place = 'socketPath' in at ? at : { host: at.host ?? '127.0.0.1', port: at.port }
  const wanted = { ...place, ...tls, path, timeout: answerMs }
  const request = tls === undefined ? get(wanted, hear) : getSecurely(wanted, hear)
  request.on('error', () => resolve(undefined))
  request.on('timeout', () => request.destroy())
  return await promise
}

async function readCertificates(
  folder: string,
): Promise<{ readonly ca: string; readonly cert: string; readonly key: string } | undefined> {
  try {
    const [ca = '', cert = '', key = ''] = await Promise.all(
      ['ca.pem', 'cert.pem', 'key.pem'].map(async (name) => await readFile(join(folder, name), 'utf8')),
    )
    return { ca, cert, key }
  } catch {
    return undefined
  }
}

async function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host: '127.0.0.1', port, timeout: answerMs })
  socket.on('connect', () => resolve(true))
  socket.on('error', () => resolve(false))
  socket.on('timeout', () => resolve(false))
  const isOpen = await promise
  socket.destroy()
  return isOpen
}

/** A folder for the time of `work`. */
export async function withFolder<T>(work: (path: string) => Promise<T>): Promise<T> {
  const path = await mkdtemp(join(tmpdir(), 'caisson-doctor-'))
  try {
    return await work(path)
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}
