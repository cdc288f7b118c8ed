import { resolveDrizzleQuickly } from './drizzle-resolution.ts'

resolveDrizzleQuickly()
// Only now: what is imported at the top is resolved before anything runs.
await import('./command-line.ts')
