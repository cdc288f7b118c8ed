import { isAlive } from '@caisson/adapter-kit'
import { freshId, mib, SandboxError } from '@caisson/core'
import { suspendDaemon } from '@caisson/daemon-client'
import { execa } from 'execa'
import { existsSync } from 'node:fs'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { adapterName } from '../adapter-name.ts'
import { groupOf } from '../launch/group-of.ts'
import type { Context } from '../launch/context.ts'
import { endSandbox } from '../launch/end-sandbox.ts'
import { mapError } from '../map-error.ts'
import type { RunningRecord } from '../record/record.ts'
import { sandboxDirectory, writeRecord } from '../record/store.ts'
import { dialDaemon, socketDirectory } from '../dial-daemon.ts'
import { until } from '../until.ts'
import { endProcesses } from './end-processes.ts'
import { heldBytes } from './held-bytes.ts'
import { container, runscCommand } from './runsc.ts'
import { wakeFile, wakeInPlace } from './wake.ts'

/** Beside what programs hold, gVisor writes down what it knows of them. */
const overheadBytes = 64 * mib

/** What a sandbox that has no processes had in memory. It is there only when it is whole. */
export function checkpointFolder(directory: string): string {
  return join(directory, 'checkpoint')
}

/** Held by runsc itself, which goes on when its caller dies. */
const lockFile = 'checkpoint.lock'
/** Names who wants the sandbox written down. One that begins late, after its caller has died, finds that nobody does any more. */
const wishFile = 'checkpoint.wish'

/** Resolves when nobody writes that sandbox down, or will. */
export async function withdrawCheckpoint(directory: string): Promise<void> {
  await execa('flock', ['--exclusive', join(directory, lockFile), 'rm', '-f', join(directory, wishFile)])
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
  await endProcesses(context, record)
}

async function suspend(record: RunningRecord): Promise<void> {
  // Meant for a suspension that never came, it would end this one at once.
  await rm(wakeFile(record), { force: true })
  const connection = { dial: dialDaemon(record), accessToken: record.accessToken }
  await suspendDaemon(adapterName, connection)
  const socket = join(socketDirectory(record), 'daemon.sock')
  await until(async () => await Promise.resolve(!existsSync(socket)), 'the daemon does not close its socket')
}

const script = `
[ "$(cat checkpoint.wish)" = "$1" ] && shift || exit 1
rm -rf checkpoint.new && mkdir -m 700 checkpoint.new || exit 1
"$@" checkpoint --compression none --image-path checkpoint.new ${container} || exit 1
rm -rf checkpoint && mv checkpoint.new checkpoint
`

async function runCheckpoint({ machine }: Context, directory: string): Promise<void> {
  const wish = freshId()
  const command = ['sh', '-c', script, 'caisson-checkpoint', wish, ...runscCommand(machine, directory)]
  try {
    await writeFile(join(directory, wishFile), wish, { mode: 0o600 })
    await execa('flock', ['--exclusive', join(directory, lockFile), ...command], {
      cwd: directory,
      stdin: 'ignore',
      stdout: 'ignore',
      // Not a pipe: whoever writes into one dies when its reader does.
      stderr: { file: join(directory, 'checkpoint.log') },
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
