export { createE2bGateway, type E2bGateway } from './create-e2b-gateway.ts'
export { type E2bGatewayOptions } from './gateway-options.ts'
export { type E2bHost, type E2bRecords, type RecordKind, recordKinds } from './host.ts'
