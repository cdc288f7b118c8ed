export { canCarryFiles, packFiles, unpackFiles } from './archive.ts'
export { toDuplex } from './channel-stream.ts'
export { endToEndHeaders, type HeaderList } from './end-to-end-headers.ts'
export { endProcesses } from './end-processes.ts'
export {
  type GatewayAdapter,
  type GatewayBlobs,
  type GatewayCaller,
  type GatewayHost,
  type GatewayRecords,
  type Whereabouts,
} from './gateway-host.ts'
export { operationStatus } from './operation-status.ts'
export { hasTemplate, publicTemplates } from './public-templates.ts'
export { readJson } from './read-json.ts'
export { createRouter, type Routes } from './router.ts'
export { sameSecret } from './same-secret.ts'
export { seal, unseal } from './seal.ts'
export { type BuildJob, type BuildOutcome, type TemplateBuilds } from './template-builds.ts'
