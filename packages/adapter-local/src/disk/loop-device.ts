import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { until } from '../until.ts'

/**
 * Resolves when no loop device shows that image any more. The kernel lets go of it soon after the last mount is gone. `device` is the only one that could,
 * where that is known.
 */
export async function waitForLoopDevice(image: string, device?: string): Promise<void> {
  await until(async () => !(await isOnLoopDevice(image, device)), `a loop device holds ${image}`)
}

export async function isOnLoopDevice(image: string, device?: string): Promise<boolean> {
  const candidates = device === undefined ? await loopDevices() : [basename(device)]
  const files = await Promise.all(candidates.map(backingFile))
  return files.includes(image)
}

async function loopDevices(): Promise<readonly string[]> {
  return (await readdir('/sys/block')).filter((name) => name.startsWith('loop'))
}

async function backingFile(device: string): Promise<string | undefined> {
  return await readFile(`/sys/block/${device}/loop/backing_file`, 'utf8').then(
    (path) => path.trim(),
    () => undefined,
  )
}
