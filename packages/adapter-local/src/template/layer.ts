import { freshId, SandboxError } from '@caisson/core'
import { createHash } from 'node:crypto'
import { constants, statSync } from 'node:fs'
import { access, lstat, mkdir, open, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { adapterName } from '../adapter-name.ts'
import { hasErrno } from '../map-error.ts'
import type { Store } from '../record/store.ts'
import { copyHostEtc } from './host-etc.ts'
import type { Template, TemplateUser } from './template.ts'

/** Every mount point is a true directory here, whatever the template says: a link of its own at that path is covered. */
const directories = ['proc', 'sys/fs/cgroup/memory', 'dev', 'run', 'tmp', 'opt/caisson', 'etc', 'home', 'mnt']
const hostDirectories = ['usr', 'root', 'var/lib', 'var/cache', 'srv', 'media']
const hostLinks = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']

/** Changes when what is put into layers changes. */
const layerVersion = 1

/**
 * The layer that lies over the template and under what the sandbox writes: mount points, and the few files that every sandbox needs.
 * Made once per template and content; resolves to its name.
 */
export async function ensureLayer(store: Store, template: Template): Promise<string> {
  await checkRootfs(template)
  const name = layerName(template)
  const path = join(store.root, 'layers', name)
  try {
    await access(path)
  } catch {
    const unfinished = `${path}-${freshId()}`
    await build(unfinished, template)
    await rename(unfinished, path).catch(async (error: unknown) => {
      await rm(unfinished, { recursive: true })
      if (!hasErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error
    })
  }
  return name
}

async function checkRootfs({ name, rootfs }: Template): Promise<void> {
  if (rootfs === undefined) return
  const found = await stat(rootfs).catch(() => undefined)
  if (found?.isDirectory() === true) return
  throw new SandboxError('template-not-found', adapterName, `the template ${name} has no directory ${rootfs}`, {
    field: 'template',
    remedy: `unpack its root file system to ${rootfs}`,
  })
}

function layerName({ rootfs, user }: Template): string {
  const sources =
    rootfs === undefined
      ? ['/etc/ld.so.cache', '/etc/alternatives', '/etc/ssl/certs', '/etc/fonts', '/usr']
      : [`${rootfs}/etc/passwd`, `${rootfs}/etc/group`]
  const times = sources.map((source) => statSync(source, { throwIfNoEntry: false })?.mtimeMs ?? 0)
  const hash = createHash('sha256')
    .update(JSON.stringify([layerVersion, rootfs, user, times]))
    .digest('hex')
  return `${rootfs === undefined ? 'host' : 'directory'}-${hash.slice(0, 16)}`
}

/** `top` is the layer itself; `rootfs` leads to what lies under it, so that the sandbox's mount table does not tell where that is. */
async function build(path: string, { rootfs, user }: Template): Promise<void> {
  const layer = join(path, 'top')
  const etc = join(layer, 'etc')
  const wanted = rootfs === undefined ? [...directories, ...hostDirectories] : directories
  for (const directory of wanted) await mkdir(join(layer, directory), { recursive: true, mode: 0o755 })
  await writeFile(join(layer, 'opt/caisson-init'), '', { mode: 0o755 })
  if (rootfs === undefined) {
    for (const name of hostLinks) await linkIntoUsr(layer, name)
    await copyHostEtc(etc)
    await symlink('/run', join(layer, 'var/run'))
    await symlink('/tmp', join(layer, 'var/tmp'))
    await writeFile(join(etc, 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\n')
  } else {
    await symlink(rootfs, join(path, 'rootfs'))
  }
  await writeFile(join(etc, 'passwd'), withUser(await readPlain(rootfs, 'etc/passwd'), passwdLines(user)))
  await writeFile(join(etc, 'group'), withUser(await readPlain(rootfs, 'etc/group'), groupLines(user)))
  await writeFile(join(etc, 'hosts'), '127.0.0.1 localhost sandbox\n::1 localhost\n')
  await writeFile(join(etc, 'hostname'), 'sandbox\n')
  await writeFile(join(etc, 'resolv.conf'), '')
}

/** As the machine has it: a link where /usr holds everything, and nothing where it does not know the directory. */
async function linkIntoUsr(layer: string, name: string): Promise<void> {
  const found = await lstat(join('/', name)).catch(() => undefined)
  if (found?.isSymbolicLink() === true) await symlink(await readlink(join('/', name)), join(layer, name))
}

function passwdLines({ name, uid, gid, home }: TemplateUser): readonly string[] {
  return [
    'root:x:0:0:root:/root:/bin/sh',
    'nobody:x:65534:65534:nobody:/nonexistent:/bin/false',
    `${name}:x:${uid}:${gid}:${name}:${home}:/bin/sh`,
  ]
}

function groupLines({ name, gid }: TemplateUser): readonly string[] {
  return ['root:x:0:', 'tty:x:5:', 'nogroup:x:65534:', `${name}:x:${gid}:`]
}

/** The template's own lines, and ours for names that it does not have. */
function withUser(present: string, lines: readonly string[]): string {
  const own = present.split('\n').filter((line) => line !== '')
  const names = new Set(own.map((line) => line.split(':')[0]))
  return [...own, ...lines.filter((line) => !names.has(line.split(':')[0]))].map((line) => `${line}\n`).join('')
}

const maxPlainBytes = 1024 * 1024

/** A small regular file of the template. A template may be hostile: no link is followed, so that none leads to a file of the host. */
async function readPlain(rootfs: string | undefined, path: string): Promise<string> {
  if (rootfs === undefined) return ''
  const parent = await lstat(join(rootfs, 'etc')).catch(() => undefined)
  if (parent?.isDirectory() !== true) return ''
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(join(rootfs, path), flags).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT', 'ELOOP', 'EACCES')) return undefined
    throw error
  })
  if (file === undefined) return ''
  try {
    const found = await file.stat()
    return found.isFile() && found.size <= maxPlainBytes ? await file.readFile('utf8') : ''
  } finally {
    await file.close()
  }
}
