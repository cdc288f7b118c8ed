import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeText, isSandboxError, runShell, type SandboxAdapter } from '@caisson/core'
import { createTemplateBuilder } from './create-template-builder.ts'
import { type LocalTemplate, readLocalTemplates } from './local-templates.ts'
import type { TemplateBuilderOptions } from './options.ts'
import { readTemplate } from './template-file.ts'

export interface SmokeTestOptions extends TemplateBuilderOptions {
  /** The template's folder, with `test/smoke.sh`: what is run as its user in a sandbox of it. */
  readonly directory: string
  /** Whether to build it first; otherwise it is tried only when its present version is there. */
  readonly build: boolean
  readonly createAdapter: (templates: Readonly<Record<string, LocalTemplate>>) => SandboxAdapter
  /** Told why it could not be tried. */
  readonly skip: (reason: string) => void
}

/** Makes a sandbox of a template and runs its smoke test there. Throws with the output unless it ends with 0. */
export async function smokeTest(options: SmokeTestOptions): Promise<void> {
  const { directory, createAdapter, skip } = options
  const { name, resources } = await readTemplate(directory)
  const builder = createTemplateBuilder(options)
  if (options.build) {
    const missing = await builder.build(directory).then(() => undefined, reasonNotToTry)
    if (missing !== undefined) return skip(missing)
  }
  const { state, reasons } = await builder.status(directory)
  const rootfs = join(options.stateDirectory, 'names', name, 'rootfs')
  if (state !== 'current' || !existsSync(rootfs)) {
    const command = `CAISSON_TEMPLATES=${options.stateDirectory} npm run caisson -- template build ${directory}`
    return skip(`${name} is not built: ${reasons.join('; ')}: ${command}`)
  }
  const templates = await readLocalTemplates(options.stateDirectory)
  await using adapter = createAdapter(templates)
  await using sandbox = await adapter.create({ template: name, ttlMs: 600_000 })
  const held = (await sandbox.metrics?.())?.memoryLimitBytes
  if (held !== resources.memoryBytes) throw new Error(`${name}: the limit of memory is ${held}`)
  const script = await readFile(join(directory, 'test/smoke.sh'), 'utf8')
  const { outcome, stdout, stderr } = await runShell(sandbox, `set -eu\ncd\n${script}`, { timeoutMs: 240_000 })
  if (outcome.kind === 'exited' && outcome.code === 0) return
  throw new Error(`${name}: ${JSON.stringify(outcome)}\n${decodeText(stdout)}${decodeText(stderr)}`)
}

/** What this machine lacks; other failures are failures. */
function reasonNotToTry(error: unknown): string {
  if (isSandboxError(error) && (error.code === 'runtime-missing' || error.code === 'permission-denied')) {
    return `${error.message}: ${error.remedy ?? ''}`
  }
  throw error
}
