import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { decodeText, isSandboxError, runShell, type SandboxAdapter } from '@caisson/core'
import { createTemplateBuilder } from './create-template-builder.ts'
import { type LocalTemplate, readLocalTemplates } from './local-templates.ts'
import { assertMachine } from './machine.ts'
import type { TemplateBuilderOptions } from './options.ts'
import { readTemplate } from './template-file.ts'

interface SmokeTestOptions {
  /** The template's folder in this repository, with `test/smoke.sh`: what is run as its user in a sandbox of it. */
  readonly directory: string
  readonly createAdapter: (options: {
    readonly stateDirectory: string
    readonly templates: Readonly<Record<string, LocalTemplate>>
    readonly preparedSandboxes: 0
  }) => SandboxAdapter
  /** Told why it could not be tried. */
  readonly skip: (reason: string) => void
}

/** Makes a sandbox of a template, if its present version is built, and runs its smoke test there. Throws with the output unless it ends with 0. */
export async function smokeTest({ directory, createAdapter, skip }: SmokeTestOptions): Promise<void> {
  const { name, resources } = await readTemplate(directory)
  const options = workshopOf(directory)
  const { state, reasons } = await createTemplateBuilder(options).status(directory)
  const rootfs = join(options.stateDirectory, 'names', name, 'rootfs')
  if (state !== 'current' || !existsSync(rootfs)) {
    const command = `CAISSON_TEMPLATES=${options.stateDirectory} npm run caisson -- template build templates/${basename(directory)}`
    return skip((await lacking()) ?? `${name} is not built: ${reasons.join('; ')}: ${command}`)
  }
  const templates = await readLocalTemplates(options.stateDirectory)
  const stateDirectory = await mkdtemp(join(tmpdir(), 'caisson-smoke-'))
  try {
    await using adapter = createAdapter({ stateDirectory, templates, preparedSandboxes: 0 })
    await using sandbox = await adapter.create({ template: name, ttlMs: 600_000 })
    const held = (await sandbox.metrics?.())?.memoryLimitBytes
    if (held !== resources.memoryBytes) throw new Error(`${name}: the limit of memory is ${held}`)
    const script = await readFile(join(directory, 'test/smoke.sh'), 'utf8')
    const { outcome, stdout, stderr } = await runShell(sandbox, `set -eu\ncd\n${script}`, { timeoutMs: 240_000 })
    if (outcome.kind === 'exited' && outcome.code === 0) return
    throw new Error(`${name}: ${JSON.stringify(outcome)}\n${decodeText(stdout)}${decodeText(stderr)}`)
  } finally {
    await rm(stateDirectory, { recursive: true, force: true })
  }
}

/** Builds a template of this repository for the tests that make sandboxes of it, unless this machine cannot build any. */
export async function buildForTests(directory: string): Promise<void> {
  if ((await lacking()) === undefined) await createTemplateBuilder(workshopOf(directory)).build(directory)
}

/** Where the repository keeps what its tests build. */
function workshopOf(directory: string): TemplateBuilderOptions & { readonly stateDirectory: string } {
  const repository = resolve(directory, '../..')
  const stateDirectory = join(repository, '.caisson/templates')
  return {
    stateDirectory,
    base: { script: join(repository, 'infra/base-image/debian.sh'), directory: join(stateDirectory, 'bases') },
  }
}

/** What this machine has not that building needs; undefined when it has all. */
async function lacking(): Promise<string | undefined> {
  try {
    await assertMachine()
    return undefined
  } catch (error) {
    if (isSandboxError(error)) return `${error.message}: ${error.remedy ?? ''}`
    throw error
  }
}
