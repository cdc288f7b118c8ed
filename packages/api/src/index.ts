export { type ApiContext, type ApiServices, type RunListQuery, type Scope, type Verdict } from './context.ts'
export { publicCode } from './error-map.ts'
export { type ApiRouter, apiRouter } from './router.ts'
