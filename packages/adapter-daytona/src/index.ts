export { createDaytonaAdapter } from './create-daytona-adapter.ts'
export { type DaytonaAdapterOptions, type DaytonaTemplate } from './options.ts'
