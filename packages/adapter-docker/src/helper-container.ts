import { isSandboxError } from '@caisson/core'
import type { Container } from 'dockerode'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Engine } from './engine.ts'
import { commonLabels, label } from './labels.ts'
import { makeContainer } from './make-container.ts'
import { claim, isOver } from './owner.ts'
import { removeContainer } from './remove-container.ts'

/** The longest that one helper may work. One that is older was left behind. */
const longestWorkMs = 300_000

export interface Helper {
  /** Names the work: processes that want to do the same work take turns. */
  readonly name: string
  readonly namespace: string
  readonly imageId: string
  readonly volume?: { readonly name: string; readonly path: string } | undefined
}

/**
 * A container that reaches into an image or a volume through the engine's archive interface and is never started: nobody's program runs in
 * it, and the engine may be on another machine. It is gone when `work` is over.
 */
export async function withHelper<Result>(
  engine: Engine,
  helper: Helper,
  work: (container: Container) => Promise<Result>,
): Promise<Result> {
  using claimed = claim()
  const container = await createHelper(engine, helper, claimed.owner)
  try {
    return await work(container)
  } finally {
    await removeContainer(engine, container.id)
  }
}

async function createHelper(engine: Engine, helper: Helper, owner: string): Promise<Container> {
  const startedAtMs = Date.now()
  for (;;) {
    try {
      return await makeContainer(engine, helperSpec(helper, owner))
    } catch (error) {
      // Podman answers a taken name with a general failure, so whether it is taken has to be looked up.
      if (!isSandboxError(error) || !['conflict', 'provider'].includes(error.code)) throw error
      const other = await findOther(engine, helper.name)
      const waitedMs = Date.now() - startedAtMs
      if (waitedMs > 2 * longestWorkMs || (other === undefined && error.code !== 'conflict')) throw error
      if (other !== undefined && (isOver(other.owner) || waitedMs > longestWorkMs))
        await removeContainer(engine, other.id)
      else await sleep(50)
    }
  }
}

function helperSpec({ name, namespace, imageId, volume }: Helper, owner: string) {
  return {
    name,
    Image: imageId,
    Entrypoint: ['/nothing'],
    Cmd: [],
    // Podman gives a fresh volume to the container's user.
    User: '0:0',
    Labels: { ...commonLabels(namespace, 'helper'), [label.owner]: owner },
    NetworkDisabled: true,
    HostConfig: {
      NetworkMode: 'none',
      Mounts: volume === undefined ? [] : [{ Type: 'volume' as const, Source: volume.name, Target: volume.path }],
    },
  }
}

const inspectionSchema = z.object({
  Id: z.string(),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
})

async function findOther(
  engine: Engine,
  name: string,
): Promise<{ readonly id: string; readonly owner: string } | undefined> {
  try {
    const { Id, Config } = await engine.call('container', undefined, async () =>
      inspectionSchema.parse(await engine.docker.getContainer(name).inspect()),
    )
    return { id: Id, owner: Config.Labels?.[label.owner] ?? '' }
  } catch (error) {
    if (isSandboxError(error) && error.code === 'sandbox-not-found') return undefined
    throw error
  }
}
