import { encodeText } from '@caisson/core'
import { contentOf } from './files/content.ts'
import type { FileSystem } from './files/file-system.ts'
import { type DirectoryNode, directoryNode, fileNode, type Node } from './files/node.ts'
import type { Machine } from './kernel/machine.ts'
import type { Task } from './kernel/task.ts'
import type { Program } from './program.ts'

/** The files of a fresh sandbox: programs, devices, two homes and a `/tmp` for everybody. */
export function createBaseFiles(
  programs: Readonly<Record<string, Program>>,
  limitBytes: number,
  now: () => number,
): FileSystem {
  const atMs = now()
  const directory = (children: Readonly<Record<string, Node>>, owner = 'root', mode = 0o755): DirectoryNode => ({
    ...directoryNode(owner, atMs, mode),
    children: new Map(Object.entries(children)),
  })
  const text = (content: string): Node => fileNode('root', atMs, { content: contentOf(encodeText(content)) })
  const device = (kind: 'null' | 'zero' | 'random'): Node => ({
    kind: 'other',
    device: kind,
    mode: 0o666,
    owner: 'root',
    modifiedAtMs: atMs,
  })
  const executables = Object.fromEntries(
    Object.entries(programs).map(([name, program]) => [name, fileNode('root', atMs, { mode: 0o755, program })]),
  )
  return {
    limitBytes,
    usedBytes: 0,
    now,
    watchers: new Set(),
    mounts: [],
    root: directory({
      bin: directory(executables),
      dev: directory({
        null: device('null'),
        random: device('random'),
        urandom: device('random'),
        zero: device('zero'),
      }),
      etc: directory({
        hostname: text('sandbox\n'),
        passwd: text('root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n'),
      }),
      home: directory({ user: directory({}, 'user') }),
      root: directory({}, 'root', 0o700),
      tmp: directory({}, 'root', 0o1777),
      usr: directory({
        local: directory({ bin: directory({}) }),
        bin: { kind: 'symlink', target: '/bin', mode: 0o777, owner: 'root', modifiedAtMs: atMs },
      }),
      var: directory({ tmp: directory({}, 'root', 0o1777) }),
    }),
  }
}

/** Adds a `/proc` that shows the living tasks of a machine. */
export function mountProc(machine: Machine): void {
  const { root, now } = machine.files
  const proc: DirectoryNode = {
    ...directoryNode('root', now(), 0o555),
    get children() {
      const tasks = [...machine.tasks.values()].map((task): [string, Node] => [String(task.pid), taskDirectory(task)])
      return new Map(tasks)
    },
  }
  root.children.set('proc', proc)
}

function taskDirectory(task: Task): DirectoryNode {
  const file = (words: readonly string[]): Node =>
    fileNode(task.user, 0, { mode: 0o444, content: contentOf(encodeText(words.map((word) => `${word}\0`).join(''))) })
  return {
    ...directoryNode(task.user, 0, 0o555),
    children: new Map([
      ['cmdline', file(task.argv)],
      ['environ', file(Object.entries(task.env).map(([name, value]) => `${name}=${value}`))],
    ]),
  }
}
