import { freshId, SandboxError } from '@caisson/core'
import { execa } from 'execa'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { adapterName } from '../adapter-name.ts'
import type { Store } from '../record/store.ts'

/** How gVisor catches the system calls of a sandbox: `systrap` is the faster one, `ptrace` works where nothing else does. */
export const platformSchema = z.enum(['systrap', 'ptrace'])
export type Platform = z.infer<typeof platformSchema>

const probeMs = 20_000

const findingSchema = z.strictObject({ runsc: z.string(), bootId: z.string(), platform: platformSchema })

/** Switches without which no sandbox of ours runs: no network but its own loopback, and the control group that it is born in. */
export const runscOptions: readonly string[] = ['--network=none', '--ignore-cgroups', '--overlay2=none']

/**
 * The first platform on which a program runs here. That is tried once per boot and version of runsc, and written down in the state directory:
 * `runtime-missing` when there is none.
 */
export async function findPlatform(store: Store, runsc: string, bootId: string): Promise<Platform> {
  const path = join(store.root, 'platform.json')
  const { mtimeMs, size } = await stat(runsc)
  const version = `${runsc} ${size} ${mtimeMs}`
  const known = await readFinding(path)
  if (known?.runsc === version && known.bootId === bootId) return known.platform
  const failures: unknown[] = []
  for (const platform of platformSchema.options) {
    const failure = await tryPlatform(join(store.root, `probe-${freshId()}`), runsc, platform)
    if (failure === undefined) {
      const fresh = `${path}.${freshId()}`
      await writeFile(fresh, JSON.stringify({ runsc: version, bootId, platform }), { mode: 0o600 })
      await rename(fresh, path)
      return platform
    }
    failures.push(failure)
  }
  throw new SandboxError('runtime-missing', adapterName, 'runsc runs nothing here, neither by systrap nor by ptrace', {
    remedy: 'sh infra/provision/runsc.sh install, and allow ptrace and seccomp in the container that this runs in',
    cause: new AggregateError(failures),
  })
}

async function readFinding(path: string): Promise<z.infer<typeof findingSchema> | undefined> {
  try {
    return findingSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined
  }
}

/** Undefined when it works. */
async function tryPlatform(root: string, runsc: string, platform: Platform): Promise<unknown> {
  const command = [`--root=${root}`, `--platform=${platform}`, ...runscOptions, 'do', '--quiet', '/bin/true']
  try {
    await execa(runsc, command, { stdin: 'ignore', timeout: probeMs, killSignal: 'SIGKILL', cwd: '/' })
    return undefined
  } catch (error) {
    return error
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}
