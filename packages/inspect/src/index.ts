export { type ContentResolver, inspectOperation } from './inspect-operation.ts'
