import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  type BuildEvent,
  createTemplateBuilder,
  type TemplateBuilder,
  type TemplateBuilderOptions,
} from '../../src/index.ts'

const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path))

/** Why templates cannot be built here; undefined when they can. */
export function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'building templates needs root'
  if (busybox === undefined) return 'busybox is missing: sh infra/provision/buildah.sh install'
  return globSync('/usr/{local/,}{s,}bin/buildah').length === 0
    ? 'buildah is missing: sh infra/provision/buildah.sh install'
    : undefined
}

/** Templates, a state directory and a builder in a folder of their own. */
export interface Workshop extends AsyncDisposable {
  readonly root: string
  readonly state: string
  readonly builder: TemplateBuilder
  /** Another builder on the same state, with what it may reach. */
  readonly builderTo: (places: Pick<TemplateBuilderOptions, 'daytona' | 'e2b' | 'engines'>) => TemplateBuilder
  /** Every event of builds that were given `onEvent`. */
  readonly events: BuildEvent[]
  readonly onEvent: (event: BuildEvent) => void
  /** Writes files of a template and returns its folder. `busybox` is among them. */
  readonly template: (name: string, files: Readonly<Record<string, string>>) => string
  /** What a build left behind. */
  readonly leftovers: () => readonly string[]
}

/** The first lines of a Dockerfile that gives a shell and the usual utilities. */
export const shell = 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n'

const description = { description: 'for tests', parent: 'scratch' }

export function createWorkshop(): Workshop {
  const root = mkdtempSync(join(tmpdir(), 'caisson-builder-'))
  const state = join(root, 'state')
  const baseScript = join(root, 'base.sh')
  writeFileSync(baseScript, fakeBase)
  const events: BuildEvent[] = []
  const nowhere = { socketPath: join(root, 'no-engine.sock') }
  const builderTo: Workshop['builderTo'] = (places) =>
    createTemplateBuilder({
      stateDirectory: state,
      base: { script: baseScript, directory: join(root, 'bases') },
      ...places,
    })
  return {
    root,
    state,
    builder: builderTo({ engines: { docker: nowhere, podman: nowhere } }),
    builderTo,
    events,
    onEvent: (event) => events.push(event),
    template: (name, files) => {
      const directory = join(root, 'templates', name)
      mkdirSync(directory, { recursive: true })
      if (busybox !== undefined) copyFileSync(busybox, join(directory, 'busybox'))
      const all = { 'template.json': JSON.stringify({ name, ...description }), ...files }
      for (const [path, content] of Object.entries(all)) {
        mkdirSync(dirname(join(directory, path)), { recursive: true })
        writeFileSync(join(directory, path), content)
      }
      return directory
    },
    leftovers: () => leftovers(root, state),
    [Symbol.asyncDispose]: async () => {
      rmSync(root, { recursive: true, force: true })
      await Promise.resolve()
    },
  }
}

/** A root of busybox alone, with an attribute and owners that must survive. */
const fakeBase = `
set -eu
mkdir -p "$1/root/bin"
cp /bin/busybox "$1/root/bin/busybox"
for name in sh cat ls id true; do ln -s busybox "$1/root/bin/$name"; done
echo owned >"$1/root/owned"
chown 1000:1001 "$1/root/owned"
python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.caisson", b"kept")' "$1/root/owned"
echo "busybox 1" >"$1/packages"
tar -C "$1/root" -cf "$1/root.tar" --numeric-owner --xattrs --xattrs-include='*' .
rm -r "$1/root"
`

function leftovers(root: string, state: string): readonly string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(root))
  const processes = globSync('/proc/[0-9]*/cmdline').filter((path) => {
    try {
      return readFileSync(path, 'utf8').includes(root)
    } catch {
      return false
    }
  })
  const work = existsSync(join(state, 'work')) ? readdirSync(join(state, 'work')) : []
  const unfinished = globSync(`${root}/bases/unfinished-*`)
  const storage = `--root=${state}/storage --runroot=${root}/run --storage-driver=overlay`.split(' ')
  const containers = existsSync(join(state, 'storage'))
    ? execFileSync('buildah', [...storage, 'containers', '--quiet'])
        .toString()
        .split('\n')
        .filter(Boolean)
    : []
  // The look itself mounts storage on itself.
  if (containers.length === 0) unmountStorage(state)
  return [...mounts, ...processes, ...work, ...unfinished, ...containers]
}

function unmountStorage(state: string): void {
  const path = join(state, 'storage', 'overlay')
  if (readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${path} `)) execFileSync('umount', [path])
}
