import { expandGlob } from './glob.ts'
import type { Grammar } from './grammars.ts'
import { inspectText, isDevice, isVital, leavesWorkingDirectory } from './paths.ts'
import {
  destroys,
  dynamic,
  escalates,
  native,
  network,
  reads,
  reverseShell,
  type Sink,
  spawns,
  writesOutside,
} from './sinks.ts'

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '))

const networkPrograms = words(
  'curl wget nc ncat netcat socat ssh scp sftp rsync telnet ftp tftp dig nslookup host ping nmap aria2c lynx httpie xh',
)
const privileged = words('sudo su doas pkexec mount umount unshare nsenter chroot insmod modprobe setcap iptables nft')
const shells = words('sh bash dash zsh ksh ash fish')
export const interpreters: ReadonlySet<string> = new Set([...shells, ...words('python python3 perl ruby node php lua')])
/** Programs that run the rest of their arguments as a command. */
const wrappers = words(
  'command builtin exec nohup nice time timeout env xargs stdbuf setsid ionice busybox toybox sudo doas',
)
const removers = words('rm shred unlink rmdir')
const installers = words('apt apt-get yum dnf apk pip pip3 npm pnpm yarn gem cargo go brew uv')
/** Programs that fetch what they run. */
const fetchers = words('npx bunx pnpx uvx pipx')
/** Programs that write what they are told to, and where the place stands: last, or anywhere. */
const writers: Readonly<Record<string, 'last' | 'all'>> = {
  cp: 'last',
  mv: 'last',
  ln: 'last',
  install: 'last',
  rsync: 'last',
  tee: 'all',
  touch: 'all',
  mkdir: 'all',
  truncate: 'all',
}
const everyProgram = [...networkPrograms, ...privileged, ...interpreters, ...removers]

/** What one command does, as far as its words tell. `given` holds the program and its arguments. */
export function inspectCommand(given: readonly string[]): readonly Sink[] {
  const [program = '', ...rest] = given
  const name = programName(program)
  const operands = rest.filter((word) => !word.startsWith('-'))
  const patterns = given.filter((word) => /[?*[]/.test(word))
  const sinks: Sink[] = [given.join(' '), ...patterns]
    .flatMap(inspectText)
    .map(({ code, severity, message }) => ({ code, severity, message }))
  if (networkPrograms.has(name) || fetchers.has(name)) sinks.push(network)
  if (installers.has(name) && /^(?:install|add|i|get|update|upgrade|ci|x|dlx|exec)$/.test(operands[0] ?? ''))
    sinks.push(network)
  if (name === 'git') sinks.push(...inspectGit(operands))
  if (privileged.has(name) || (name === 'chmod' && /^(?:[ugoa]*\+\w*s|[24567]\d{3}$)/.test(operands[0] ?? '')))
    sinks.push(escalates)
  if (name === 'eval' || name === 'source' || name === '.') sinks.push(dynamic)
  if (name === 'printenv' || (name === 'env' && operands.length === 0) || (name === 'export' && rest[0] === '-p'))
    sinks.push(reads)
  sinks.push(...inspectFiles(name, rest, operands))
  if (given.some((word) => /^(?:LD_PRELOAD|LD_LIBRARY_PATH)=./.test(word))) sinks.push(native)
  if (interpreters.has(name) && rest.some((word) => /^-\w*[ceE]$/.test(word))) {
    sinks.push(spawns)
    if (/\b(?:Socket|LWP|Net::HTTP|fsockopen|TCPSocket)\b/.test(rest.join(' '))) sinks.push(network)
  }
  if (startsOthers(name, rest)) sinks.push(spawns)
  if (name === 'openssl' && operands[0] === 's_client') sinks.push(network)
  const module = /^python[\d.]*$/.test(name) && rest[0] === '-m' ? rest[1] : undefined
  if (module !== undefined) sinks.push(spawns)
  if (module !== undefined && /^(?:http\.server|pip|ensurepip|smtpd|asyncore)$/.test(module)) sinks.push(network)
  if (name === 'socat' && rest.some((word) => /^(?:exec|system):/i.test(word))) sinks.push(reverseShell)
  const inner = wrappedCommand(name, rest)
  return inner === undefined ? sinks : [...sinks, ...inspectCommand(inner)]
}

/** Programs for something else that start what they are told to in one of their arguments. */
function startsOthers(name: string, rest: readonly string[]): boolean {
  const has = (pattern: RegExp) => rest.some((word) => pattern.test(word))
  switch (name) {
    case 'find':
      return has(/^-(?:exec|ok)(?:dir)?$/) && !has(/^(?:rm|ls|cat|grep|chmod|mv|cp|echo|wc|head|file|stat|basename)$/)
    case 'xargs':
      return has(/^(?:sh|bash|dash|zsh|python3?|perl)$/)
    case 'awk':
    case 'gawk':
    case 'mawk':
      return has(/\bsystem\s*\(|\|\s*getline|print[^|]*\|\s*"/)
    case 'tar':
      return has(/^--(?:checkpoint-action=exec|to-command|use-compress-program)/)
    case 'vim':
    case 'vi':
    case 'ed':
    case 'less':
    case 'man':
      return has(/!/)
    default:
      return false
  }
}

function inspectGit(operands: readonly string[]): readonly Sink[] {
  return [
    ...(/^(?:clone|fetch|pull|push|ls-remote|submodule)$/.test(operands[0] ?? '') ? [network] : []),
    ...(operands.some((word) => word.startsWith('ext::')) ? [spawns] : []),
  ]
}

function inspectFiles(name: string, rest: readonly string[], operands: readonly string[]): readonly Sink[] {
  const sinks: Sink[] = []
  if (removers.has(name) && operands.some((path) => isVital(path) || isDevice(path))) sinks.push(destroys)
  if (name === 'find' && operands.some(isVital) && rest.some((word) => word === '-delete' || word === 'rm')) {
    sinks.push(destroys)
  }
  if (
    name.startsWith('mkfs') ||
    (name === 'dd' && rest.some((word) => word.startsWith('of=') && isDevice(word.slice(3))))
  )
    sinks.push(destroys)
  const where = writers[name]
  const written = where === undefined ? [] : where === 'all' ? operands : operands.slice(1).slice(-1)
  // Where else would a file that is linked or copied from outside go than here.
  if (written.some(leavesWorkingDirectory) || name === 'crontab') sinks.push(writesOutside)
  return sinks
}

/** What `env X=1 timeout 5 curl …` runs in the end. */
function wrappedCommand(name: string, rest: readonly string[]): readonly string[] | undefined {
  if (name === 'find') {
    const exec = rest.findIndex((word) => /^-(?:exec|ok)(?:dir)?$/.test(word))
    return exec === -1 ? undefined : rest.slice(exec + 1)
  }
  if (!wrappers.has(name)) return undefined
  const split = name === 'env' ? rest.findIndex((word) => /^(?:-S|--split-string)$/.test(word)) : -1
  if (split !== -1) return ['sh', '-c', ...rest.slice(split + 1)]
  const start = rest.findIndex(
    (word, index) =>
      !/^-|^\d+[smh]?$|=/.test(word) && !(/^(?:sudo|doas)$/.test(name) && /^-[ugpCUrt]$/.test(rest[index - 1] ?? '')),
  )
  return start === -1 ? undefined : rest.slice(start)
}

const grammars: Readonly<Record<string, Grammar>> = {
  ...Object.fromEntries([...shells].map((shell) => [shell, 'bash'])),
  python: 'python',
  python3: 'python',
  node: 'javascript',
}

/** The grammar of what a program interprets. */
export function grammarOfProgram(program: string): Grammar | undefined {
  return grammars[programName(program)]
}

/** The script that a command carries in its words, and which word it is. */
export function commandScript(
  given: readonly string[],
): { readonly grammar: Grammar; readonly text: string; readonly index: number } | undefined {
  const [program = '', ...rest] = given
  const inner = wrappedCommand(programName(program), rest)
  if (inner !== undefined) {
    const script = commandScript(inner)
    return script === undefined ? undefined : { ...script, index: script.index + given.length - inner.length }
  }
  const grammar = grammarOfProgram(program)
  const flag = rest.findIndex((word) => /^-\w*[ce]$/.test(word))
  const text = rest[flag + 1]
  return grammar === undefined || flag === -1 || text === undefined ? undefined : { grammar, text, index: flag + 2 }
}

/** The program without its directory; of a pattern, the program that it would find. */
export function programName(program: string): string {
  const name = program.slice(program.lastIndexOf('/') + 1)
  return expandGlob(name, everyProgram) ?? name
}
