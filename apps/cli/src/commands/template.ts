import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type BuildResult,
  createTemplateBuilder,
  isEngine,
  type OnBuildEvent,
  parseTargets,
  type TemplateBuilder,
  targets,
  type TemplateStatus,
} from '@caisson/template-builder'
import { hourMs, mib, OperationError } from '@caisson/core'
import { type Command, Option } from 'commander'
import { isSet, readDaytonaAccount, readE2bAccount, readPodmanAddress, templateDirectory } from '../config.ts'
import { parseDuration, parseNumber } from '../operation-options.ts'
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
        const wanted = { version: words.to, targets: parseTargets(split(words.for), isSet) }
        const result = await showing(
          session,
          async (watched) => await builder().rollback(name, { ...wanted, ...watched }),
        )
        session.show(result, () => `${name} is ${result.to} again; it was ${result.from}`)
      }),
    )
  template
    .command('prune')
    .description('remove old versions, and layers and bases that nothing is made from')
    .option('--keep <number>', 'how many versions each name keeps, the present one among them', parseNumber, 2)
    .addOption(
      new Option('--unused-for <time>', 'only what names left that long ago: sandboxes may still run on it')
        .argParser(parseDuration)
        .default(24 * hourMs, '24h'),
    )
    .addOption(forOption())
    .option('--dry-run', 'only say what would be removed')
    .action(command(surroundings, prune))
}

interface PruneWords {
  readonly keep: number
  readonly unusedFor: number
  readonly for: string
  readonly dryRun?: boolean | undefined
}

async function prune(session: Session, { keep, unusedFor, dryRun, for: words }: PruneWords): Promise<void> {
  const engines = parseTargets(split(words), isSet).filter(isEngine)
  const wanted = { keep, unusedForMs: unusedFor, engines, dryRun }
  const result = await showing(session, async (watched) => await builder().prune({ ...wanted, ...watched }))
  session.show(result, () => {
    const { removed, tooYoung, bases, freedBytes } = result
    const verb = dryRun === true ? 'would be removed' : 'removed'
    return [
      ...removed.map(({ name, version }) => `${name} ${version} ${verb}`),
      ...(bases === 0 ? [] : [`${bases} bases ${verb}`]),
      ...(tooYoung.length === 0 ? [] : [`${tooYoung.length} more were in use too lately: see --unused-for`]),
      ...(dryRun === true ? [] : [`${Math.round(freedBytes / mib)} MiB freed`]),
    ].join('\n')
  })
}

/** Does it, shows meanwhile what happens, and ends it when the person gives up. */
async function showing<T>(
  { terminal, json, signal }: Session,
  work: (watched: { readonly onEvent: OnBuildEvent; readonly signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const progress = showBuild(terminal, !json)
  try {
    return await work({ onEvent: progress.onEvent, signal })
  } finally {
    progress.end()
  }
}

async function build(session: Session, directories: readonly string[], words: BuildWords): Promise<void> {
  const wanted = parseTargets(split(words.for), isSet)
  const results: BuildResult[] = []
  const { wait, refreshBase } = words
  for (const directory of directories) {
    const options = { targets: wanted, wait, refreshBase }
    results.push(
      await showing(session, async (watched) => await builder().build(resolve(directory), { ...options, ...watched })),
    )
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
        .map(([target, place]) => (place === 'present' ? target : `(${target} does not answer)`))
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
  return createTemplateBuilder({
    stateDirectory,
    base: { script, directory: join(stateDirectory, 'bases') },
    engines: { podman: readPodmanAddress() },
    e2b: readE2bAccount(),
    daytona: readDaytonaAccount(),
  })
}

function split(words: string): readonly string[] {
  return words
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}
