import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { patchInterpreter } from './patch-interpreter.ts'

/** Where the bundle is mounted in a sandbox. */
const mountPoint = '/opt/caisson'

/**
 * Builds what is mounted into every sandbox: the daemon as one executable, the loader and libraries that it needs, the sources
 * of the kernels, and `node` and `bun` for images that have neither. The directory appears complete or not at all, so that a sandbox never sees half of it.
 */
function buildBundle(): string {
  const packageDirectory = fileURLToPath(new URL('../..', import.meta.url))
  const target = join(packageDirectory, 'dist/linux-x64')
  mkdirSync(dirname(target), { recursive: true })
  const building = mkdtempSync(join(dirname(target), '.building-'))
  try {
    const executable = join(building, 'daemon')
    compile(join(packageDirectory, 'src/main.ts'), executable)
    copyLibraries(executable, building)
    const bytes = readFileSync(executable)
    patchInterpreter(bytes, `${mountPoint}/ld.so`)
    writeFileSync(executable, bytes)
    cpSync(join(packageDirectory, 'kernels'), join(building, 'kernels'), { recursive: true, filter: isSource })
    writeShims(join(building, 'bin'))
    chmodSync(building, 0o755)
    rmSync(target, { recursive: true, force: true })
    renameSync(building, target)
    return target
  } finally {
    rmSync(building, { recursive: true, force: true })
  }
}

/** Python leaves compiled files beside its sources. */
function isSource(path: string): boolean {
  return basename(path) !== '__pycache__'
}

function compile(source: string, executable: string): void {
  const bun = createRequire(import.meta.url).resolve('@oven/bun-linux-x64/bin/bun')
  const flags = [
    '--compile',
    '--compile-autoload-package-json',
    '--minify',
    '--bytecode',
    '--conditions=@caisson/source',
  ]
  execFileSync(bun, ['build', ...flags, source, '--outfile', executable], { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Copies the loader and the libraries of this machine. */
function copyLibraries(executable: string, directory: string): void {
  mkdirSync(join(directory, 'lib'))
  const listed = execFileSync('ldd', [executable], { encoding: 'utf8' })
  for (const [, path] of listed.matchAll(/(\/\S+)\s+\(0x/g)) {
    if (path === undefined) continue
    const copy = basename(path).startsWith('ld-') ? join(directory, 'ld.so') : join(directory, 'lib', basename(path))
    copyFileSync(path, copy)
    chmodSync(copy, 0o755)
  }
}

/** The daemon's executable is a whole Bun: these let code use it where the image has no JavaScript of its own. */
function writeShims(directory: string): void {
  mkdirSync(directory)
  for (const name of ['node', 'bun']) {
    const command = `LD_LIBRARY_PATH=${mountPoint}/lib BUN_BE_BUN=1 exec ${mountPoint}/daemon "$@"`
    writeFileSync(join(directory, name), `#!/bin/sh\n${command}\n`, { mode: 0o755 })
  }
}

process.stdout.write(`${buildBundle()}\n`)
