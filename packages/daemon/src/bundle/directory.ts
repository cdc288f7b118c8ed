import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SandboxError } from '@caisson/core'

const targets: Readonly<Record<string, string>> = { 'linux x64': 'linux-x64' }

/** Absolute path of the directory that is mounted at `/opt/caisson` in every sandbox. `runtime-missing` when it was not built. */
export function bundleDirectory(): string {
  const target = targets[`${process.platform} ${process.arch}`]
  if (target === undefined)
    throw new SandboxError('runtime-missing', 'daemon', `there is no daemon for ${process.platform} ${process.arch}`, {
      remedy: 'Run Caisson on Linux x64.',
    })
  // The same from src/bundle and from dist/bundle.
  const directory = fileURLToPath(new URL(`../../dist/${target}`, import.meta.url))
  if (!existsSync(`${directory}/daemon`))
    throw new SandboxError('runtime-missing', 'daemon', `the daemon is not built: ${directory} is missing`, {
      remedy: 'pnpm --filter @caisson/daemon build:executable',
    })
  return directory
}
