import { isAlive } from '@caisson/adapter-kit'
import { mib, SandboxError } from '@caisson/core'
import { suspendDaemon } from '@caisson/daemon-client'
import { execa } from 'execa'
import { existsSync } from 'node:fs'
import { rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { adapterName } from '../adapter-name.ts'
import { killGroup } from '../cgroup/kill.ts'
import { waitForLoopDevice } from '../disk/loop-device.ts'
import { groupOf } from '../launch/group-of.ts'
import type { Context } from '../launch/context.ts'
import { endSandbox } from '../launch/end-sandbox.ts'
import { mapError } from '../map-error.ts'
import type { RunningRecord } from '../record/record.ts'
import { sandboxDirectory, writeRecord } from '../record/store.ts'
import { dialDaemon, socketDirectory } from '../dial-daemon.ts'
import { until } from '../until.ts'
import { heldBytes } from './held-bytes.ts'
import { container, runscCommand } from './runsc.ts'
import { wakeInPlace } from './wake.ts'

/** Beside what programs hold, gVisor writes down what it knows of them. */
const overheadBytes = 64 * mib

/** What a sandbox that has no processes had in memory. It is there only when it is whole. */
export function checkpointFolder(directory: string): string {
  return join(directory, 'checkpoint')
}

/** Held by runsc itself, which goes on when its caller dies. */
export function checkpointLock(directory: string): string {
  return join(directory, 'checkpoint.lock')
}

/**
 * Writes down what the sandbox has in memory and ends its processes. `state` tells others what goes on meanwhile; the caller, who holds the lock, replaces it.
 * When it rejects, the sandbox runs as before or is over.
 */
export async function checkpoint(context: Context, record: RunningRecord, state: 'pausing' | 'copying'): Promise<void> {
  const directory = sandboxDirectory(context.store, record.id)
  await assertRoom(context, record)
  // One that a killed process left behind is not what this sandbox has in memory now.
  await rm(checkpointFolder(directory), { recursive: true, force: true })
  writeRecord(context.store, { ...record, state })
  try {
    await suspend(record)
    await runCheckpoint(context, directory)
  } catch (error) {
    await goOn(context, record)
    throw mapError(error, `writing down the memory of the sandbox ${record.id}`)
  }
  const group = groupOf(context, record)
  if (group !== undefined) await killGroup(group)
  await until(async () => await Promise.resolve(!isAlive(record.init)), 'the sandbox does not end')
  await waitForLoopDevice(join(directory, 'disk.img'), record.loopDevice)
}

async function suspend(record: RunningRecord): Promise<void> {
  const connection = { dial: dialDaemon(record), accessToken: record.accessToken }
  await suspendDaemon(adapterName, connection)
  const socket = join(socketDirectory(record), 'daemon.sock')
  await until(async () => await Promise.resolve(!existsSync(socket)), 'the daemon does not close its socket')
}

const script = `
rm -rf checkpoint.new && mkdir -m 700 checkpoint.new || exit 1
"$@" checkpoint --compression none --image-path checkpoint.new ${container} || exit 1
rm -rf checkpoint && mv checkpoint.new checkpoint
`

async function runCheckpoint({ machine }: Context, directory: string): Promise<void> {
  const command = ['sh', '-c', script, 'caisson-checkpoint', ...runscCommand(machine, directory)]
  try {
    await execa('flock', ['--exclusive', checkpointLock(directory), ...command], {
      cwd: directory,
      stdin: 'ignore',
      cleanup: false,
      detached: true,
    })
  } catch (cause) {
    throw new SandboxError('provider', adapterName, 'gVisor could not write the sandbox down', { cause })
  }
}

async function goOn(context: Context, record: RunningRecord): Promise<void> {
  if (!isAlive(record.init)) return void (await endSandbox(context, record.id))
  await wakeInPlace(record)
  writeRecord(context.store, record)
  await rm(join(sandboxDirectory(context.store, record.id), 'checkpoint.new'), { recursive: true, force: true })
}

async function assertRoom(context: Context, record: RunningRecord): Promise<void> {
  const group = groupOf(context, record)
  const neededBytes = (group === undefined ? 0 : await heldBytes(group)) + overheadBytes
  const { bavail, bsize } = await statfs(context.store.root)
  if (neededBytes < bavail * bsize) return
  throw new SandboxError('no-space', adapterName, `the machine has no room for the memory of the sandbox`, {
    remedy: `free space below ${context.store.root}`,
  })
}
