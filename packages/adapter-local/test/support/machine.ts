import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { instanceOf } from '../../src/launch/instance.ts'

/** Why the tests of this tier cannot run here; undefined when they can. */
export function whyNot(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on x86-64'
  if (process.getuid?.() !== 0) return 'needs root'
  if (!['/usr/bin/crun', '/usr/sbin/runc'].some(existsSync))
    return 'needs crun or runc: sh infra/provision/crun.sh install'
  if (!existsSync(new URL('../../../daemon/dist/linux-x64/daemon', import.meta.url))) {
    return 'needs the daemon: pnpm --filter @caisson/daemon build:executable'
  }
  return undefined
}

/** Everything of the host that a sandbox of this state directory could leave behind. */
export function leftovers(stateDirectory: string): readonly string[] {
  return [
    ...processesNaming(stateDirectory),
    ...mountsNaming(stateDirectory),
    ...loopsNaming(stateDirectory),
    ...groupsOf(instanceOf(stateDirectory)),
    ...sandboxFolders(stateDirectory),
  ]
}

function sandboxFolders(stateDirectory: string): readonly string[] {
  const directory = `${stateDirectory}/sandboxes`
  return existsSync(directory) ? readdirSync(directory).map((name) => `folder ${name}`) : []
}

function mountsNaming(text: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(text))
}

function loopsNaming(text: string): readonly string[] {
  return readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .flatMap((name) => {
      const path = `/sys/block/${name}/loop/backing_file`
      const file = existsSync(path) ? readFileSync(path, 'utf8') : ''
      return file.includes(text) ? [`${name} ${file.trim()}`] : []
    })
}

/** Processes whose command line or environment names the directory: launchers, runtimes, last wills, reapers. */
function processesNaming(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && Number(name) !== process.ppid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1')
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
        return `${command}${environment}`.includes(text)
          ? [`process ${pid} ${command.replaceAll('\0', ' ').slice(0, 120)}`]
          : []
      } catch {
        return []
      }
    })
}

/** Control groups of the instance of that state directory. */
function groupsOf(instance: string): readonly string[] {
  return readdirSync('/sys/fs/cgroup')
    .map((name) => `/sys/fs/cgroup/${name}/caisson/${instance}`)
    .filter(existsSync)
}
