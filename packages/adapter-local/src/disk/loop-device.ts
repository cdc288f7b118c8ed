import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { until } from '../until.ts'

/** Resolves when no loop device shows the disk of that folder any more. The kernel lets go of it soon after the last mount is gone. */
export async function waitForLoopDevice(directory: string, device: string | undefined): Promise<void> {
  const image = `${directory}/disk.img`
  const candidates = device === undefined ? await loopDevices() : [basename(device)]
  await until(async () => {
    const files = await Promise.all(candidates.map(backingFile))
    return files.every((file) => file !== image)
  }, `a loop device holds ${image}`)
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
