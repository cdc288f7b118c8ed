import type { GatewayCaller, GatewayHost, GatewayRecords } from '@caisson/compat-kit'

/** Whose key came with a request. */
export type E2bCaller = GatewayCaller

export const recordKinds = ['sandbox', 'snapshot', 'template', 'build', 'volume', 'secret'] as const
export type RecordKind = (typeof recordKinds)[number]

export type E2bRecords = GatewayRecords<RecordKind>

/** What the service offers the gateway. */
export type E2bHost = GatewayHost<RecordKind>
