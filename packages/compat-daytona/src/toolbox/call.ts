import { z } from 'zod'
import type { Call, Reply } from '../http/call.ts'
import type { Entry } from '../sandboxes/entry.ts'
import type { SandboxEnv, SandboxRecord } from '../sandboxes/record.ts'

/** One request to the toolbox of a sandbox that runs. */
export interface ToolboxCall extends Omit<Call, 'caller'> {
  readonly record: SandboxRecord
  readonly entry: Entry
  readonly env: SandboxEnv
}

export type ToolboxHandle<Body = unknown> = (call: ToolboxCall) => Promise<Reply<Body>>

/** How a client may call a session or a terminal. */
export const idSchema = z.string().regex(/^[^\p{Cc}/]{1,200}$/u, 'not an id: 1 to 200 characters without "/"')
