import { join } from 'node:path'
import { bad, type Finding, good, poor } from './finding.ts'
import { type Machine, withFolder } from './machine.ts'

/** The oldest gVisor in which programs of today work. */
const oldestRunsc = 2024_01_01
const platforms = ['systrap', 'ptrace'] as const

/** What runs sandboxes on this machine: each runtime, and what all of them need. */
export async function examineRuntimes(machine: Machine): Promise<readonly Finding[]> {
  if (machine.platform !== 'linux') return []
  const [crun, runc] = await Promise.all([versionOf(machine, 'crun'), versionOf(machine, 'runc')])
  return [
    ...container('crun', crun, runc !== undefined),
    ...container('runc', runc, crun !== undefined),
    await gvisor(machine),
    ...(await helpers(machine)),
  ]
}

function container(name: 'crun' | 'runc', version: string | undefined, hasOther: boolean): readonly Finding[] {
  if (version !== undefined) return [good('runtimes', name, version)]
  const remedy = `sh infra/provision/${name}.sh install`
  // One of the two is enough; crun is the faster one, so it alone is told as missing.
  if (hasOther) return name === 'crun' ? [poor('runtimes', name, 'not installed; runc is slower', remedy)] : []
  return name === 'crun' ? [bad('runtimes', 'crun or runc', 'neither is installed: no container tier', remedy)] : []
}

async function gvisor(machine: Machine): Promise<Finding> {
  const remedy = 'sh infra/provision/runsc.sh install'
  const path = await machine.findProgram('runsc')
  if (path === undefined) return poor('runtimes', 'runsc', 'not installed: no gVisor tier', remedy)
  const version = (await machine.run([path, '--version'])).stdout.split('\n')[0]?.replace('runsc version ', '') ?? ''
  const [date] = /\d{8}/.exec(version) ?? []
  if (date !== undefined && Number(date) < oldestRunsc) {
    return poor('runtimes', 'runsc', `${version} is too old: ls and stat fail in its sandboxes`, remedy)
  }
  if (machine.uid !== 0) return poor('runtimes', 'runsc', `${version}; its sandboxes need root`, 'run Caisson as root')
  const tried = await Promise.all(platforms.map(async (name) => ({ name, works: await runs(machine, path, name) })))
  const said = tried.map(({ name, works }) => `${name} ${works ? 'works' : 'does not work'}`).join(', ')
  const used = tried.find(({ works }) => works)
  if (used !== undefined) return good('runtimes', 'runsc', `${version}, ${said}: sandboxes use ${used.name}`)
  const allow =
    'allow ptrace and seccomp where this runs, such as with --cap-add SYS_PTRACE --security-opt seccomp=unconfined'
  return poor('runtimes', 'runsc', `${version}, but ${said}`, allow)
}

/** A whole sandbox that does nothing. */
async function runs({ run }: Machine, path: string, platform: (typeof platforms)[number]): Promise<boolean> {
  return await withFolder(async (folder) => {
    const how = [`--root=${join(folder, 'state')}`, `--platform=${platform}`, '--network=none', '--ignore-cgroups']
    return (await run([path, ...how, 'do', '--quiet', '/bin/true'], 20_000)).exitCode === 0
  })
}

async function helpers({ findProgram, uid }: Machine): Promise<readonly Finding[]> {
  const wanted: readonly (readonly [string, string])[] = [
    ['tini-static', 'tini'],
    ['unshare', 'util-linux'],
    ...(uid === 0 ? [['mkfs.ext4', 'e2fsprogs'] as const] : [['newuidmap', 'uidmap'] as const]),
  ]
  const found = await Promise.all(wanted.map(async ([name, from]) => ({ name, from, path: await findProgram(name) })))
  const missing = found.filter(({ path }) => path === undefined)
  if (missing.length === 0) return [good('runtimes', 'helpers', wanted.map(([name]) => name).join(', '))]
  const remedy = `sudo apt-get install -y --no-install-recommends ${missing.map(({ from }) => from).join(' ')}`
  return [bad('runtimes', 'helpers', `not installed: ${missing.map(({ name }) => name).join(', ')}`, remedy)]
}

async function versionOf({ findProgram, run }: Machine, name: string): Promise<string | undefined> {
  const path = await findProgram(name)
  if (path === undefined) return undefined
  const { exitCode, stdout } = await run([path, '--version'])
  return exitCode === 0 ? (stdout.split('\n')[0]?.replace(/^(crun|runc) version /, '') ?? '') : undefined
}
