export { createDaytonaGateway, type DaytonaGateway } from './create-daytona-gateway.ts'
export { type DaytonaGatewayOptions } from './gateway-options.ts'
export { type DaytonaHost, type RecordKind, recordKinds } from './host.ts'
