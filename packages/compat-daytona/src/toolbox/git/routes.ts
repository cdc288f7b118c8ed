import type { Routes } from '@caisson/compat-kit'
import type { ToolboxHandle } from '../call.ts'
import { checkout, createBranch, deleteBranch, listBranches } from './branches.ts'
import { add, commit, history, init, reset, restore } from './changes.ts'
import { addRemote, configureUser, getConfig, listRemotes, setConfig } from './config.ts'
import { readStatus } from './status.ts'
import { authenticate, clone, pull, push } from './transfer.ts'

/** Git, by the program of that name in the sandbox. */
export const gitRoutes: Routes<ToolboxHandle> = {
  'POST /git/clone': clone,
  'POST /git/push': push,
  'POST /git/pull': pull,
  'POST /git/credentials': authenticate,
  'GET /git/status': readStatus,
  'GET /git/branches': listBranches,
  'POST /git/branches': createBranch,
  'DELETE /git/branches': deleteBranch,
  'POST /git/checkout': checkout,
  'POST /git/init': init,
  'POST /git/add': add,
  'POST /git/commit': commit,
  'POST /git/reset': reset,
  'POST /git/restore': restore,
  'GET /git/history': history,
  'GET /git/remotes': listRemotes,
  'POST /git/remotes': addRemote,
  'GET /git/config': getConfig,
  'POST /git/config': setConfig,
  'POST /git/config/user': configureUser,
}
