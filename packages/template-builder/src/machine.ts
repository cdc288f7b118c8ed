import { execa } from 'execa'
import { builderError } from './builder-error.ts'

const needed = [
  ['buildah', 'buildah'],
  ['unshare', 'util-linux'],
  ['setpriv', 'util-linux'],
  ['flock', 'util-linux'],
] as const

/** Says what a build lacks here, and the command that brings it. */
export async function assertMachine(): Promise<void> {
  for (const [program, debianPackage] of needed) {
    const { failed } = await execa('sh', ['-c', 'command -v "$1"', 'sh', program], { reject: false })
    if (!failed) continue
    throw builderError('runtime-missing', `building templates needs ${program}`, {
      remedy: `apt-get install -y --no-install-recommends ${debianPackage}`,
    })
  }
  if (process.getuid?.() !== 0) {
    throw builderError('permission-denied', 'only root can build templates: owners of files are kept', {
      remedy: 'run it with sudo',
    })
  }
}
