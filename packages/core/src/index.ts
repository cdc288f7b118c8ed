export { type SandboxAdapter, type SandboxQuery } from './adapter.ts'
export { type Approval, approvalSchema } from './approval.ts'
export { concatBytes, decodeText, encodeText } from './bytes.ts'
export { type CallOptions } from './call-options.ts'
export {
  type AdapterCapabilities,
  adapterCapabilitiesSchema,
  type AdapterHealth,
  adapterHealthSchema,
  type Feature,
  features,
  featureSchema,
  type LimitKind,
  limitKinds,
  limitKindSchema,
  type Price,
  priceSchema,
} from './capabilities.ts'
export { type Clock, systemClock } from './clock.ts'
export { type Chart, chartSchema } from './chart.ts'
export {
  type CodeContext,
  type CodeError,
  type CodeEvent,
  type CodeInterpreter,
  type CodeResult,
  type RunCodeOptions,
} from './code-interpreter.ts'
export {
  type ApprovalTerms,
  type Candidate,
  candidateSchema,
  type CostEstimate,
  costEstimateSchema,
  type Decision,
  decisionSchema,
  type Permissions,
  type Placement,
  placementSchema,
  type Reason,
  reasonSchema,
} from './decision.ts'
export {
  type EgressHeaders,
  egressHeadersOf,
  egressHeadersSchema,
  type EgressPolicy,
  egressPolicySchema,
  type EgressRule,
  egressRuleSchema,
  isWideRule,
} from './egress.ts'
export {
  type ErrorData,
  type ErrorDetails,
  isOperationError,
  isSandboxError,
  OperationError,
  type OperationErrorCode,
  operationErrorCodes,
  SandboxError,
  type SandboxErrorCode,
  sandboxErrorCodes,
  toErrorData,
} from './errors.ts'
export { type FileEvent, type FileInfo, type FileOptions, type Files, type FileWatch } from './files.ts'
export { type Finding, type FindingCode, findingCodes, findingSchema } from './finding.ts'
export { hopByHopHeaders } from './hop-by-hop-headers.ts'
export {
  type ApprovalId,
  approvalIdSchema,
  type ArtifactId,
  artifactIdSchema,
  type DecisionId,
  decisionIdSchema,
  freshId,
  type LeaseId,
  leaseIdSchema,
  type OrganizationId,
  organizationIdSchema,
  type RunId,
  runIdSchema,
  type SandboxId,
  sandboxIdSchema,
} from './ids.ts'
export { compareIsolation, type IsolationLevel, isolationLevels, isolationLevelSchema } from './isolation.ts'
export { type Labels, labelsSchema, matchesLabels } from './labels.ts'
export {
  type Content,
  contentSchema,
  type InputFile,
  inputFileSchema,
  type Language,
  languages,
  languageSchema,
  maxCodeBytes,
  maxInlineBytes,
  type Operation,
  type OperationInput,
  type OperationKind,
  operationKinds,
  operationKindSchema,
  type OperationOf,
  operationSchema,
} from './operation.ts'
export { parseOrThrow } from './parse.ts'
export { type ByteChannel, type Ports } from './ports.ts'
export {
  defaultJournalBytes,
  type OutputChunk,
  type Process,
  type Processes,
  type ProcessInfo,
  type ProcessOutcome,
  type ProcessResult,
  type ProcessSpec,
  type Signal,
  signals,
  type TerminalSize,
} from './process.ts'
export { readFileBytes, readFileText } from './read-file.ts'
export { type CodeExecution, runCode } from './run-code.ts'
export { type CompletedProcess, runProcess, type RunProcessOptions, runShell, shellQuote } from './run-process.ts'
export {
  type Artifact,
  artifactSchema,
  type Attempt,
  attemptSchema,
  errorDataSchema,
  isFinal,
  processOutcomeSchema,
  type Run,
  type RunEvent,
  runEventSchema,
  runSchema,
  type RunStatus,
  runStatuses,
  runStatusSchema,
  type Usage,
  usageSchema,
} from './run.ts'
export {
  allocatedResources,
  defaultResources,
  type Environment,
  environmentSchema,
  type ResolvedSandboxSpec,
  type Resources,
  resourcesSchema,
  type SandboxSpec,
  sandboxSpecSchema,
} from './sandbox-spec.ts'
export {
  type AgentSandbox,
  type Browser,
  type Desktop,
  restrict,
  type Sandbox,
  type SandboxInfo,
  type SandboxMetrics,
} from './sandbox.ts'
export { type SecretShape, secretShapes } from './secret-shapes.ts'
export { gib, hourMs, kib, mib, minuteMs, secondMs } from './units.ts'
export { defaultVolumeBytes, type VolumeInfo, type VolumeKey, type Volumes } from './volumes.ts'
