import {
  accessTokenHeader,
  ConnectError,
  egressPath,
  encodeEndOfStream,
  encodeMessage,
  launchesPath,
  streamContentType,
} from '@caisson/wire-e2b'
import { checkSignature, sameSecret, userFromAuthorization } from './access.ts'
import { renewBootId } from './boot-id.ts'
import type { Config } from './config.ts'
import {
  httpError,
  type MessageSource,
  readMessage,
  readStreamMessage,
  streamError,
  streamResponse,
  unaryError,
} from './connect-protocol.ts'
import { toConnectError } from './errno.ts'
import { asEnvironment, asFields, asInteger, asText, type Fields, optional } from './fields.ts'
import { download } from './files/download.ts'
import { resolvePath } from './files/paths.ts'
import { callFileMethod } from './files/service.ts'
import { upload } from './files/upload.ts'
import { createWatcherMethods, followWatch } from './files/watch-service.ts'
import type { KernelService } from './kernel/service.ts'
import type { Lifetime } from './lifetime.ts'
import { createMetrics } from './metrics.ts'
import { createEgressPeer } from './network/egress-link.ts'
import { openTunnel } from './network/tunnel.ts'
import { createLine } from './network/line.ts'
import type { Peer } from './network/web-socket.ts'
import { answerLaunch } from './process/launches.ts'
import { createProcessMethods, followProcess, parseStart, streamInput } from './process/service.ts'
import type { ProcessTable } from './process/process-table.ts'
import type { User } from './user.ts'
import { findUser, readAccountNames } from './users.ts'

type Answer = Response | undefined
export type Handler = (request: Request, server: Bun.Server<Peer>) => Promise<Answer>

const statusOfFullDisk = 507

/** Answers the requests of the data plane. Undefined means that a tunnel has taken the connection over. */
export function createHandler(config: Config, processes: ProcessTable, lifetime: Lifetime): Handler {
  const processMethods = createProcessMethods(processes)
  const watcherMethods = createWatcherMethods()
  const readMetrics = createMetrics()

  let loading: Promise<KernelService> | undefined
  let kernels: KernelService | undefined

  /** Nothing of it is loaded, and none of its memory taken, before somebody asks. */
  async function loadKernels(): Promise<KernelService> {
    loading ??= import('./kernel/service.ts').then(({ createKernelService }) => createKernelService(config, processes))
    return (kernels = await loading)
  }

  /** Who may become root through `sudo` may have what needs it done at once. */
  const elevated = config.newPrivileges ? config.users.find(({ uid }) => uid === 0) : undefined
  const userNamed = (name: string | null | undefined): User =>
    findUser(config.users, name === null || name === undefined || name === '' ? config.defaultUser : name)
  const userOf = (request: Request): User => userNamed(userFromAuthorization(request.headers.get('authorization')))

  function start(request: Request, fields: Fields): MessageSource {
    const process = parseStart(fields, userOf(request), config)
    const connectTimeoutMs =
      optional(request.headers.get('connect-timeout-ms'), 'connect-timeout-ms', asInteger(0)) ?? 0
    const timeoutMs = process.timeoutMs ?? (connectTimeoutMs === 0 ? undefined : connectTimeoutMs)
    return followProcess(processes.start({ ...process, timeoutMs }), 0)
  }

  const line = createLine(async (question, hasRoom) => {
    const user = userNamed(optional(question['user'], 'user', asText))
    const execute = optional(question['execute'], 'execute', asFields)
    if (execute !== undefined) return await (kernels ?? (await loadKernels())).answerCell(execute, hasRoom, user)
    const start = parseStart(asFields(question['start'], 'start'), user, config)
    return await answerLaunch(processes.start(start), hasRoom)
  })

  function openLine(request: Request, server: Bun.Server<Peer>): Response | undefined {
    return server.upgrade(request, { data: line })
      ? undefined
      : httpError(426, 'processes are launched over a WebSocket')
  }

  function openEgress(request: Request, server: Bun.Server<Peer>): Response | undefined {
    if (!config.egressProxy) return httpError(404, 'the sandbox has no way out')
    return server.upgrade(request, { data: createEgressPeer() })
      ? undefined
      : httpError(426, 'a way out is offered over a WebSocket')
  }

  function connect(fields: Fields): MessageSource {
    const managed = processes.find(fields['process'])
    const extension = optional(fields['caisson'], 'caisson', asFields)
    if (extension === undefined) return followProcess(managed, managed.journal.endOffset)
    return followProcess(managed, asInteger(0)(extension['fromOffset'], 'caisson.fromOffset'))
  }

  const streams: Readonly<Record<string, (request: Request, fields: Fields) => MessageSource>> = {
    '/process.Process/Start': start,
    '/process.Process/Connect': (_, fields) => connect(fields),
    '/filesystem.Filesystem/WatchDir': (request, fields) => followWatch(fields, userOf(request)),
  }

  async function callStream(
    request: Request,
    open: (request: Request, fields: Fields) => MessageSource,
  ): Promise<Response> {
    try {
      return await streamResponse(request, open(request, asFields(await readStreamMessage(request), 'request')))
    } catch (error) {
      return streamError(error)
    }
  }

  async function callStreamInput(request: Request): Promise<Response> {
    try {
      await streamInput(processes, request)
      const headers = { 'content-type': streamContentType }
      return new Response(new Blob([encodeMessage({}), encodeEndOfStream()]), { headers })
    } catch (error) {
      return streamError(error)
    }
  }

  async function callMethod(request: Request, service: string, method: string): Promise<unknown> {
    const fields = asFields(await readMessage(request), 'request')
    if (service === 'process.Process' && Object.hasOwn(processMethods, method))
      return await processMethods[method]?.(fields)
    if (service !== 'filesystem.Filesystem')
      throw new ConnectError('unimplemented', `there is no procedure '${method}'`)
    const user = userOf(request)
    if (Object.hasOwn(watcherMethods, method)) return watcherMethods[method]?.(fields, user)
    return callFileMethod(method, fields, { user, elevated, names: readAccountNames(config.users) })
  }

  async function callUnary(request: Request, service: string, method: string): Promise<Response> {
    try {
      return Response.json(await callMethod(request, service, method))
    } catch (error) {
      return unaryError(error)
    }
  }

  async function callFiles(request: Request, query: URLSearchParams): Promise<Response> {
    try {
      const user = userNamed(query.get('username') ?? userFromAuthorization(request.headers.get('authorization')))
      if (request.method === 'POST') return Response.json(await upload(request, query, { user, elevated }))
      return download(request, resolvePath(query.get('path') ?? '', user), user)
    } catch (error) {
      const { code, message, errno } = toConnectError(error)
      const full = errno === 'ENOSPC' || errno === 'EDQUOT'
      return httpError(full ? statusOfFullDisk : (fileStatus[code] ?? 500), message, errno)
    }
  }

  async function init(request: Request): Promise<Response> {
    try {
      const fields = asFields(await readMessage(request), 'request')
      const env = optional(fields['envVars'], 'envVars', asEnvironment)
      config.env = { ...config.env, ...env }
      config.accessToken = optional(fields['accessToken'], 'accessToken', asText) ?? config.accessToken
      config.defaultUser = optional(fields['defaultUser'], 'defaultUser', asText) ?? config.defaultUser
      config.workdir = optional(fields['defaultWorkdir'], 'defaultWorkdir', asText) ?? config.workdir
      return new Response(null, { status: 204 })
    } catch (error) {
      return httpError(400, toConnectError(error).message)
    }
  }

  async function trust(request: Request): Promise<Response> {
    try {
      const fields = asFields(await readMessage(request), 'request')
      const authority = asText(fields['authority'], 'authority')
      // As with kernels: it takes no memory in the many sandboxes that never need it.
      const { trustAuthority } = await import('./trust.ts')
      const variables = await trustAuthority(authority)
      config.env = { ...variables, ...config.env }
      return new Response(null, { status: 204 })
    } catch (error) {
      return httpError(400, toConnectError(error).message)
    }
  }

  function boot(): Response {
    renewBootId()
    return new Response(null, { status: 204 })
  }

  async function setLifetime(request: Request): Promise<Response> {
    try {
      const fields = asFields(await readMessage(request), 'request')
      lifetime.set(asInteger(1)(fields['lifetimeMs'], 'lifetimeMs'))
      return new Response(null, { status: 204 })
    } catch (error) {
      return httpError(400, toConnectError(error).message)
    }
  }

  function mayEnter(request: Request, url: URL): true | string {
    if (sameSecret(request.headers.get(accessTokenHeader) ?? '', config.accessToken)) return true
    if (url.pathname !== '/files' || !url.searchParams.has('signature')) return 'the access token is missing or wrong'
    const operation = request.method === 'POST' ? 'write' : 'read'
    const verdict = checkSignature(url.searchParams, operation, config.accessToken, Date.now())
    return verdict === 'valid' || (verdict === 'wrong' ? 'the signature is wrong' : 'signature is already expired')
  }

  return async (request, server) => {
    const url = new URL(request.url)
    const { pathname } = url
    const [, service = '', method = ''] = pathname.split('/')
    if (pathname === '/health' && request.method === 'GET') return new Response(null, { status: 204 })
    const entry = mayEnter(request, url)
    if (entry !== true) return httpError(401, entry)
    if (service === 'execute' || service === 'contexts')
      return await (await loadKernels()).answer(request, pathname, userOf(request))
    if (pathname === '/files' && /^(GET|HEAD|POST)$/.test(request.method))
      return await callFiles(request, url.searchParams)
    if (request.method === 'GET') {
      if (pathname === launchesPath) return openLine(request, server)
      if (pathname === egressPath) return openEgress(request, server)
      if (pathname === '/metrics') return Response.json(readMetrics())
      if (pathname === '/envs') return Response.json(config.env)
      if (/^\/tunnel\/\d{1,5}$/.test(pathname)) return await openTunnel(request, server, Number(method))
    }
    if (request.method !== 'POST') return httpError(404, 'not found')
    if (pathname === '/init') return await init(request)
    if (pathname === '/lifetime') return await setLifetime(request)
    if (pathname === '/boot') return boot()
    if (pathname === '/trust') return await trust(request)
    if (pathname === '/process.Process/StreamInput') return await callStreamInput(request)
    const stream = Object.hasOwn(streams, pathname) ? streams[pathname] : undefined
    return stream === undefined ? await callUnary(request, service, method) : await callStream(request, stream)
  }
}

/** E2B's clients tell failures of `/files` apart by these. */
const fileStatus: Readonly<Record<string, number>> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  resource_exhausted: 429,
}
