import type { GatewayHost } from '@caisson/compat-kit'

export const recordKinds = ['sandbox', 'activity', 'snapshot', 'volume', 'preview', 'ssh', 'build', 'name'] as const
export type RecordKind = (typeof recordKinds)[number]

/** What the service offers the gateway. */
export type DaytonaHost = GatewayHost<RecordKind>
