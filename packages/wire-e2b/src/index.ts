export { type CellAnswer, cellAnswerSchema, type CellRequest } from './cell.ts'
export { createCellReader } from './cell-reader.ts'
export {
  codeContextSchema,
  codeContextsSchema,
  type CreateContextRequest,
  createContextRequestSchema,
  type ExecuteRequest,
  executeRequestSchema,
  type ExecutionMessage,
  executionMessageSchema,
  toCodeResult,
} from './code.ts'
export { ConnectError, type ConnectCode, connectErrorBody, connectStatus } from './connect-error.ts'
export { createEnvelopeParser, encodeEnvelope, endStreamFlag, type Envelope, type EnvelopeParser } from './envelope.ts'
export {
  type CreateWatcherResponse,
  createWatcherResponseSchema,
  type EntryInfo,
  entryInfoSchema,
  type EntryResponse,
  entryResponseSchema,
  fileEventTypes,
  type FilesystemEvent,
  filesystemEventSchema,
  type GetWatcherEventsResponse,
  getWatcherEventsResponseSchema,
  type ListDirRequest,
  listDirRequestSchema,
  type ListDirResponse,
  listDirResponseSchema,
  type MoveRequest,
  moveRequestSchema,
  type PathRequest,
  pathRequestSchema,
  type RemoveResponse,
  removeResponseSchema,
  type WatchDirEvent,
  watchDirEventSchema,
  type WatcherRequest,
  watcherRequestSchema,
  type WatchRequest,
  watchRequestSchema,
} from './filesystem.ts'
export {
  envsSchema,
  type FilesWritten,
  filesWrittenSchema,
  type InitRequest,
  initRequestSchema,
  type Metrics,
  metricsSchema,
} from './http.ts'
export { decodeJson, encodeEndOfStream, encodeMessage, streamContentType, unaryContentType } from './json.ts'
export { type LaunchAnswer, launchAnswerSchema, type LaunchRequest } from './launch.ts'
export { readLines } from './lines.ts'
export { bridgeGreeting, createMultiplexer, type Lane, type LaneEvents, type Multiplexer } from './multiplex.ts'
export {
  accessTokenHeader,
  egressPath,
  errnoHeader,
  launchesPath,
  launchMessageBytes,
  mostEgressConnections,
  procedures,
} from './procedures.ts'
export {
  type ConnectRequest,
  connectRequestSchema,
  type ListResponse,
  listResponseSchema,
  type ProcessConfig,
  processConfigSchema,
  type ProcessEvent,
  processEventSchema,
  type ProcessInput,
  processInputSchema,
  type ProcessRequest,
  processRequestSchema,
  processResultSchema,
  type ProcessSelector,
  processSelectorSchema,
  type Pty,
  ptySchema,
  type SendInputRequest,
  sendInputRequestSchema,
  type SendSignalRequest,
  sendSignalRequestSchema,
  type StartRequest,
  startRequestSchema,
  streamInputRequestSchema,
  type UpdateRequest,
  updateRequestSchema,
  type WaitResponse,
  waitResponseSchema,
  wireSignals,
} from './process.ts'
export { connectErrorSchema, endOfStreamSchema, httpErrorSchema, int64Schema } from './schemas.ts'
export { WireFormatError } from './wire-format-error.ts'
