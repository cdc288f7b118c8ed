import { type Sandbox, sandboxSpecSchema } from '@caisson/core'
import { containerCapabilities } from '../../src/capabilities.ts'
import { groundOf, startSandbox } from '../../src/create.ts'
import { endSandbox } from '../../src/launch/end-sandbox.ts'
import { openContext } from '../../src/launch/open-context.ts'
import { prepare } from '../../src/launch/prepare.ts'
import { removeEmptyParents } from '../../src/launch/sandbox-group.ts'
import { type OciConfig, ociConfig } from '../../src/oci/config.ts'
import { createSandbox } from '../../src/sandbox.ts'
import { findTemplate } from '../../src/template/template.ts'

/** Sandboxes in which one thing is weaker than it should be. There is no such option for users. */
export function weakenedSandboxes(stateDirectory: string) {
  let shared: Promise<Sandbox> | undefined
  const create = async (weaken: (config: OciConfig) => OciConfig): Promise<Sandbox> => {
    const opened = await openContext({ stateDirectory })
    const context = { ...opened, configure: (...input: Parameters<typeof ociConfig>) => weaken(ociConfig(...input)) }
    const spec = sandboxSpecSchema.parse({})
    const prepared = await prepare(context, await groundOf(context, findTemplate(undefined, {}), spec))
    const record = await startSandbox(context, prepared, spec, AbortSignal.timeout(10_000))
    return createSandbox({
      context,
      capabilities: containerCapabilities('root', () => ['host']),
      record,
      destroy: async () => await endSandbox(context, record.id),
      onExtended: () => undefined,
      onEgress: async () => undefined,
      adopt: async () => await Promise.reject(new Error('the container tier makes no copies')),
    })
  }
  return {
    create,
    strong: async (): Promise<Sandbox> => await (shared ??= create((config) => config)),
    close: async (): Promise<void> => {
      await (await shared)?.destroy()
      await removeEmptyParents(await openContext({ stateDirectory }))
    },
  }
}
