export { type ContentResolver, createInspector, type Inspector, inspectOperation } from './create-inspector.ts'
export type { InspectorLimits } from './limits.ts'
