import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { timed } from '../measure.ts'
import { openPrivateShell } from './private-shell.ts'

/** crun alone, with the very configuration of one of our sandboxes, but for the daemon: what the isolation costs by itself. */
export interface CrunByHand extends AsyncDisposable {
  /** Milliseconds of `crun run -d` and a first `crun exec`. The root file system is mounted before and taken away after. */
  readonly createAndExec: () => Promise<number>
  /** Milliseconds of one `crun exec` in a container that runs. */
  readonly exec: () => Promise<number>
  /** Milliseconds of a `cat` into a file of that container and one out of it. */
  readonly writeAndRead: (bytes: Uint8Array) => Promise<number>
}

const configSchema = z.looseObject({
  process: z.looseObject({ args: z.array(z.string()) }),
  root: z.looseObject({ path: z.string() }),
  mounts: z.array(z.looseObject({ destination: z.string() })),
  linux: z.looseObject({ uidMappings: z.array(z.looseObject({ hostID: z.int() })).min(1) }),
})

/** What is mounted for the daemon, or by it. */
const ofTheDaemon: ReadonlySet<string> = new Set([
  '/opt/caisson',
  '/run/caisson',
  '/sys/fs/cgroup/memory',
  '/proc/sys/kernel/random/boot_id',
])

/** `stateDirectory` is that of a local adapter with a running sandbox. */
export async function crunByHand(stateDirectory: string): Promise<CrunByHand> {
  const directory = await mkdtemp(join(tmpdir(), 'caisson-bench-crun-'))
  const config = configSchema.parse(JSON.parse(await readFile(await findConfig(stateDirectory), 'utf8')))
  const idBase = config.linux.uidMappings[0]?.hostID ?? 0
  const [layer = ''] = await readdir(join(stateDirectory, 'layers'))
  const lower = join(stateDirectory, 'layers', layer, 'top')
  const group = `/caisson-bench-${process.pid}`
  const bundle = {
    ...config,
    process: {
      ...config.process,
      args: ['/opt/caisson-init', '--', '/bin/sleep', 'infinity'],
      env: ['PATH=/usr/bin:/bin'],
    },
    root: { path: join(directory, 'root') },
    mounts: config.mounts.filter(({ destination }) => !ofTheDaemon.has(destination)),
    linux: {
      ...config.linux,
      cgroupsPath: group,
      resources: {
        memory: { limit: 512 * 1024 * 1024, swap: 512 * 1024 * 1024 },
        pids: { limit: 256 },
        cpu: { quota: 100_000, period: 100_000 },
      },
    },
  }
  const nobody = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] }
  const command = {
    ...config.process,
    user: { uid: 1000, gid: 1000 },
    capabilities: nobody,
    args: ['/usr/bin/true'],
    env: ['PATH=/usr/bin:/bin'],
  }
  // The container's root is another user, who has to be able to enter.
  await chmod(directory, 0o711)
  await mkdir(join(directory, 'root'))
  await writeFile(join(directory, 'config.json'), JSON.stringify(bundle))
  await writeFile(join(directory, 'exec.json'), JSON.stringify(command))
  const shell = openPrivateShell()
  // A crun of that age refuses machines with both versions of control groups unless it does not see the second.
  await shell.run('umount /sys/fs/cgroup/unified 2>/dev/null; true')
  const crun = `crun --root ${directory}/state`
  const execIn = (id: string) => `${crun} exec -p ${directory}/exec.json ${id}`
  let count = 0
  const create = async (): Promise<{ readonly id: string; readonly elapsedMs: number }> => {
    const id = `bench-${process.pid}-${count++}`
    await shell.run(
      `mount -t tmpfs -o size=64m none ${directory}/root && mkdir -p ${directory}/root/upper/home/user ${directory}/root/work &&
       chown -R ${idBase}:${idBase} ${directory}/root/upper &&
       mount -t overlay -o lowerdir=${lower},upperdir=${directory}/root/upper,workdir=${directory}/root/work none ${directory}/root`,
    )
    // One exec in twenty comes too early for the container and is refused; the second try is then part of the price.
    const commands = `${crun} run -d -b ${directory} ${id} && { ${execIn(id)} || ${execIn(id)}; }`
    const elapsedMs = await timed(async () => await shell.run(commands))
    return { id, elapsedMs }
  }
  const remove = async (id: string) => {
    await shell.run(`${crun} delete -f ${id} && umount ${directory}/root && umount ${directory}/root`)
  }
  let running: string | undefined
  const containerId = async () => (running ??= (await create()).id)
  return {
    createAndExec: async () => {
      const { id, elapsedMs } = await create()
      await remove(id)
      return elapsedMs
    },
    exec: async () => {
      const id = await containerId()
      return await timed(async () => await shell.run(execIn(id)))
    },
    writeAndRead: async (bytes) => {
      const id = await containerId()
      const [here, there] = [join(directory, 'file'), '/home/user/file']
      await writeFile(here, bytes)
      const cat = async (script: string, redirection: string) => {
        await writeFile(
          join(directory, 'cat.json'),
          JSON.stringify({ ...command, args: ['/bin/sh', '-c', script], user: { uid: 0, gid: 0 } }),
        )
        return await timed(async () => await shell.run(`${crun} exec -p ${directory}/cat.json ${id} ${redirection}`))
      }
      return (await cat(`cat >${there}`, `<${here}`)) + (await cat(`cat ${there}`, '>/dev/null'))
    },
    [Symbol.asyncDispose]: async () => {
      if (running !== undefined) await remove(running)
      await shell[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function findConfig(stateDirectory: string): Promise<string> {
  const sandboxes = join(stateDirectory, 'sandboxes')
  for (const id of await readdir(sandboxes)) {
    const path = join(sandboxes, id, 'config.json')
    if ((await readFile(path, 'utf8').catch(() => '')) !== '') return path
  }
  throw new Error(`no sandbox with an OCI configuration in ${sandboxes}`)
}
