import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type BuildResult,
  createTemplateBuilder,
  parseTargets,
  type TemplateBuilder,
  targets,
  type TemplateStatus,
} from '@caisson/template-builder'
import { OperationError } from '@caisson/core'
import { type Command, Option } from 'commander'
import { templateDirectory } from '../config.ts'
import { showBuild } from '../output/build-progress.ts'
import { printable } from '../output/printable.ts'
import { formatAge } from '../output/time.ts'
import { formatTable } from '../quickstart/table.ts'
import { command, type Session, type Surroundings } from '../session.ts'

interface BuildWords {
  readonly for: string
  readonly wait: boolean
  readonly refreshBase?: boolean | undefined
}

const forOption = () => new Option('--for <targets>', `for which adapters: ${targets.join(', ')}`).default('local')

export function addTemplate(program: Command, surroundings: Surroundings): void {
  const template = program.command('template').description('what sandboxes are made from; works without a service')
  template
    .command('build <directories...>')
    .description('build what changed, and let the name stand for it')
    .addOption(forOption())
    .option('--no-wait', 'fail when another build is under way')
    .option('--refresh-base', 'make the Debian base anew, to take in what was mended since')
    .addHelpText(
      'after',
      `
Examples:
  caisson template build templates/base
  caisson template build templates/code-interpreter --for local,docker`,
    )
    .action(
      command(surroundings, async (session, directories: readonly string[], words: BuildWords) => {
        await build(session, directories, words)
      }),
    )
  template
    .command('status [directories...]')
    .description('say what is stale and why; without folders: all of ./templates')
    .action(
      command(surroundings, async (session, directories: readonly string[]) => {
        await status(session, directories.length > 0 ? directories : await ownTemplates())
      }),
    )
  template
    .command('list', { isDefault: true })
    .description('list names and the versions that are here')
    .action(command(surroundings, list))
  template
    .command('rollback <name>')
    .description('let a name stand for the version before, or for another one')
    .option('--to <version>', 'which version')
    .addOption(forOption())
    .action(
      command(surroundings, async (session, name: string, words: { readonly to?: string; readonly for: string }) => {
        const result = await builder().rollback(name, { version: words.to, targets: parseTargets(split(words.for)) })
        session.show(result, () => `${name} is ${result.to} again; it was ${result.from}`)
      }),
    )
}

async function build(session: Session, directories: readonly string[], words: BuildWords): Promise<void> {
  const wanted = parseTargets(split(words.for))
  const results: BuildResult[] = []
  for (const directory of directories) {
    const progress = showBuild(session.terminal, !session.json)
    try {
      const { wait, refreshBase } = words
      const { onEvent } = progress
      const { signal } = session
      results.push(await builder().build(resolve(directory), { targets: wanted, wait, refreshBase, signal, onEvent }))
    } finally {
      progress.end()
    }
  }
  session.show(results, () =>
    results
      .map(({ name, version, outcome, rootfs }) =>
        [`${name} ${version} ${outcome}`, ...(rootfs === undefined ? [] : [`  ${rootfs}`])].join('\n'),
      )
      .join('\n'),
  )
}

async function status(session: Session, directories: readonly string[]): Promise<void> {
  const found: TemplateStatus[] = []
  for (const directory of directories) found.push(await builder().status(resolve(directory)))
  session.show(found, () => {
    const rows = found.map(({ name, state, version = '-', targets, reasons }) => [
      name,
      state,
      version,
      Object.entries(targets)
        .filter(([, place]) => place !== 'absent')
        .map(([target, place]) => (place === 'present' ? target : `${target}?`))
        .join(' '),
      reasons.map(printable).join('; '),
    ])
    return formatTable([['template', 'state', 'version', 'on', 'why'], ...rows], {
      flexible: 4,
      width: session.terminal.columns,
    })
  })
}

async function list(session: Session): Promise<void> {
  const found = await builder().list()
  session.show(found, () => {
    const rows = found.flatMap(({ name, current, versions }) =>
      versions.map(({ version, createdAtMs, privileges }) => [
        name,
        version,
        version === current ? 'current' : '',
        formatAge(createdAtMs),
        privileges === 'none' ? '' : privileges,
      ]),
    )
    return formatTable([['template', 'version', '', 'built', 'privileges'], ...rows], {
      flexible: 4,
      width: session.terminal.columns,
    })
  })
}

async function ownTemplates(): Promise<readonly string[]> {
  const entries = await readdir('templates').catch((cause: unknown) => {
    throw new OperationError('invalid-operation', 'there is no folder ./templates', {
      field: 'directories',
      remedy: 'name the folders of templates',
      cause,
    })
  })
  const found: string[] = []
  for (const entry of entries.toSorted()) {
    if (existsSync(join('templates', entry, 'Dockerfile'))) found.push(join('templates', entry))
  }
  return found
}

function builder(): TemplateBuilder {
  const stateDirectory = templateDirectory()
  const script = fileURLToPath(new URL('../../../../infra/base-image/debian.sh', import.meta.url))
  return createTemplateBuilder({ stateDirectory, base: { script, directory: join(stateDirectory, 'bases') } })
}

function split(words: string): readonly string[] {
  return words
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}
