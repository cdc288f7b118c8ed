import { auditRouter } from './routers/audit.ts'
import { approvalsRouter } from './routers/approvals.ts'
import { artifactsRouter } from './routers/artifacts.ts'
import { batchesRouter } from './routers/batches.ts'
import { cost } from './routers/cost.ts'
import { decide } from './routers/decide.ts'
import { hooksRouter } from './routers/hooks.ts'
import { keysRouter } from './routers/keys.ts'
import { budgetsRouter, quotasRouter } from './routers/limits.ts'
import { policiesRouter } from './routers/policies.ts'
import { runsRouter } from './routers/runs.ts'
import { sandboxesRouter } from './routers/sandboxes.ts'
import { serviceProcedures } from './routers/service.ts'
import { router } from './trpc.ts'

export const apiRouter = router({
  decide,
  runs: runsRouter,
  batches: batchesRouter,
  approvals: approvalsRouter,
  artifacts: artifactsRouter,
  sandboxes: sandboxesRouter,
  keys: keysRouter,
  quotas: quotasRouter,
  budgets: budgetsRouter,
  cost,
  audit: auditRouter,
  policies: policiesRouter,
  hooks: hooksRouter,
  ...serviceProcedures,
})
/** What clients are typed by. */
export type ApiRouter = typeof apiRouter
