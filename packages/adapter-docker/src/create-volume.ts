import type { CallOptions } from '@caisson/core'
import { z } from 'zod'
import type { Engine } from './engine.ts'

const volumeSchema = z.object({ Mountpoint: z.string().startsWith('/') })

/** Makes a volume, or finds the one of that name. Returns where the engine's machine keeps its content. */
export async function createVolume(
  engine: Engine,
  name: string,
  settings: {
    readonly labels: Readonly<Record<string, string>>
    /** For the engine's own driver. */
    readonly driverOptions?: Readonly<Record<string, string>> | undefined
  },
  options?: CallOptions,
): Promise<string> {
  const { labels, driverOptions } = settings
  return await engine.call('volume', options, async (abortSignal) => {
    await engine.docker.createVolume({
      Name: name,
      Driver: 'local',
      Labels: { ...labels },
      ...(driverOptions === undefined ? {} : { DriverOpts: { ...driverOptions } }),
      abortSignal,
    })
    return volumeSchema.parse(await engine.docker.getVolume(name).inspect()).Mountpoint
  })
}
