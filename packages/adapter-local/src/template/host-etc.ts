import { constants } from 'node:fs'
import { copyFile, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * What programs below /usr need from /etc: where libraries, commands, fonts and certificates are. Nothing of it is about this machine,
 * its users or its network.
 */
const wanted = [
  'alternatives',
  'debian_version',
  'fonts',
  'gai.conf',
  'groff',
  'ImageMagick-6',
  'inputrc',
  'java-17-openjdk',
  'java-21-openjdk',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'libreoffice',
  'magic',
  'mailcap',
  'matplotlibrc',
  'mime.types',
  'os-release',
  'papersize',
  'perl',
  'protocols',
  'python3',
  'python3.11',
  'python3.12',
  'python3.13',
  'R',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
  'terminfo',
] as const

/** Copies it. Only what everybody may read, and only files, directories and links. */
export async function copyHostEtc(target: string): Promise<void> {
  for (const name of wanted) await copy(join('/etc', name), join(target, name))
}

async function copy(from: string, to: string): Promise<void> {
  const found = await lstat(from).catch(() => undefined)
  if (found === undefined) return
  await mkdir(dirname(to), { recursive: true, mode: 0o755 })
  if (found.isSymbolicLink()) {
    await symlink(await readlink(from), to)
  } else if (found.isDirectory()) {
    await mkdir(to, { mode: 0o755 })
    for (const name of await readdir(from)) await copy(join(from, name), join(to, name))
  } else if (found.isFile() && (found.mode & 0o004) !== 0) {
    await copyFile(from, to, constants.COPYFILE_EXCL)
  }
}
