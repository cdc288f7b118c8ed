import type { Routes } from '@caisson/compat-kit'
import type { Services } from '../gateway-options.ts'
import { executeCode } from './code/execute.ts'
import { followEntrypoint } from './sessions/entrypoint.ts'
import { followLogs } from './sessions/follow.ts'
import type { SocketHandle } from './sockets.ts'
import { connectPty, createAndConnect } from './terminal/connect.ts'

/** The toolbox over WebSockets: every path of it that is answered. */
export function socketRoutes(services: Services): Routes<SocketHandle> {
  return {
    'GET /process/session/entrypoint/logs': followEntrypoint,
    'GET /process/session/:/command/:/logs': followLogs(services),
    'GET /process/pty/create-connect': createAndConnect,
    'GET /process/pty/:/connect': connectPty,
    'GET /process/interpreter/execute': executeCode,
  }
}
