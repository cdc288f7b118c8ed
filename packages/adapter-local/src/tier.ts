import { z } from 'zod'

/** How strongly sandboxes are isolated: by the kernel of this machine, or by one of their own in user space. */
export const tierSchema = z.enum(['container', 'gvisor'])
export type Tier = z.infer<typeof tierSchema>

/** How policies, decisions and errors call the adapter of a tier. */
export const adapterNames: Readonly<Record<Tier, string>> = { container: 'local', gvisor: 'local-gvisor' }
