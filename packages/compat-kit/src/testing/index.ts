export { createMemoryHost, type MemoryHost, type MemoryHostOptions } from './memory-host.ts'
export { serveGateway } from './serve-gateway.ts'
