import type { Routes } from '@caisson/compat-kit'
import type { Services } from '../gateway-options.ts'
import { ok } from '../http/call.ts'
import type { ToolboxHandle } from './call.ts'
import { createContext, deleteContext, readContexts } from './code/contexts.ts'
import { desktopRoutes } from './desktop/routes.ts'
import { downloadFile, downloadFiles } from './files/download.ts'
import { createFolder, deleteFile, listFiles, moveFile, readFileInfo, setPermissions } from './files/manage.ts'
import { findInFiles, replaceInFiles, searchFiles } from './files/search.ts'
import { uploadFile, uploadFiles } from './files/upload.ts'
import { gitRoutes } from './git/routes.ts'
import { readHome, readMetrics, readPortInUse, readPorts, readWorkDir, updateEnv } from './info.ts'
import { lspRoutes } from './lsp/serve.ts'
import { runCodeOnce } from './process/code-run.ts'
import { execute } from './process/execute.ts'
import {
  createSession,
  deleteSession,
  executeInSession,
  readCommand,
  readLogs,
  readSession,
  readSessions,
  sendInput,
} from './sessions/serve.ts'
import { readEntrypoint, readEntrypointLogs } from './sessions/entrypoint.ts'
import { createPty, deletePty, readPty, readPtys, resizePty } from './terminal/serve.ts'

/** The toolbox of a sandbox: every path of it that is answered. */
export function toolboxRoutes(services: Services): Routes<ToolboxHandle> {
  return {
    'GET /version': async () => ok({ version: '0.218.0' }),
    'GET /user-home-dir': readHome,
    'GET /work-dir': readWorkDir,
    'GET /system/metrics': readMetrics,
    'POST /env': updateEnv(services),
    'GET /port': readPorts,
    'GET /port/:/in-use': readPortInUse,
    'POST /process/execute': execute,
    'POST /process/code-run': runCodeOnce,
    'GET /process/session': readSessions(services),
    'POST /process/session': createSession(services),
    'GET /process/session/entrypoint': readEntrypoint,
    'GET /process/session/entrypoint/logs': readEntrypointLogs,
    'GET /process/session/:': readSession(services),
    'DELETE /process/session/:': deleteSession(services),
    'POST /process/session/:/exec': executeInSession(services),
    'GET /process/session/:/command/:': readCommand(services),
    'GET /process/session/:/command/:/logs': readLogs(services),
    'POST /process/session/:/command/:/input': sendInput(services),
    'GET /process/pty': readPtys,
    'POST /process/pty': createPty,
    'GET /process/pty/:': readPty,
    'DELETE /process/pty/:': deletePty,
    'POST /process/pty/:/resize': resizePty,
    'GET /process/interpreter/context': readContexts,
    'POST /process/interpreter/context': createContext,
    'DELETE /process/interpreter/context/:': deleteContext,
    ...gitRoutes,
    ...lspRoutes,
    ...desktopRoutes,
    'GET /files': listFiles,
    'DELETE /files': deleteFile,
    'GET /files/info': readFileInfo,
    'POST /files/folder': createFolder,
    'POST /files/move': moveFile,
    'POST /files/permissions': setPermissions,
    'GET /files/find': findInFiles,
    'GET /files/search': searchFiles,
    'POST /files/replace': replaceInFiles,
    'POST /files/bulk-upload': uploadFiles,
    'POST /files/upload-v2': uploadFile,
    'POST /files/bulk-download': downloadFiles,
    'GET /files/download': downloadFile,
  }
}
