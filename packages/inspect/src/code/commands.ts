import { inspectText, isVital } from './paths.ts'
import { destroys, dynamic, escalates, native, network, reads, type Sink, spawns } from './sinks.ts'

const networkPrograms = new Set(
  'curl wget nc ncat netcat socat ssh scp sftp rsync telnet ftp tftp dig nslookup host ping nmap aria2c lynx'.split(
    ' ',
  ),
)
const privileged = new Set(
  'sudo su doas pkexec mount umount unshare nsenter chroot insmod modprobe setcap iptables nft'.split(' '),
)
const shells: ReadonlySet<string> = new Set('sh bash dash zsh ksh ash fish busybox'.split(' '))
export const interpreters: ReadonlySet<string> = new Set([
  ...shells,
  ...'python python3 perl ruby node php lua'.split(' '),
])
/** Programs that run the rest of their arguments as a command. */
const wrappers = new Set('command builtin exec nohup nice time timeout env xargs stdbuf setsid ionice'.split(' '))
const removers = new Set(['rm', 'shred', 'unlink', 'rmdir'])
const installers = new Set('apt apt-get yum dnf apk pip pip3 npm npx pnpm yarn gem cargo go brew'.split(' '))

/** What one command does, as far as its words tell. `words` holds the program and its arguments. */
export function inspectCommand(words: readonly string[]): readonly Sink[] {
  const [program = '', ...rest] = words
  const name = program.slice(program.lastIndexOf('/') + 1)
  const operands = rest.filter((word) => !word.startsWith('-'))
  const sinks: Sink[] = inspectText(words.join(' ')).map(({ code, severity, message }) => ({ code, severity, message }))
  if (networkPrograms.has(name)) sinks.push(network)
  if (installers.has(name) && /^(?:install|add|i|get|update|upgrade|ci|x|dlx|exec)$/.test(operands[0] ?? ''))
    sinks.push(network)
  if (name === 'git' && /^(?:clone|fetch|pull|push|ls-remote|submodule)$/.test(operands[0] ?? '')) sinks.push(network)
  if (privileged.has(name) || (name === 'chmod' && /^(?:[ugoa]*\+\w*s|[24567]\d{3}$)/.test(operands[0] ?? '')))
    sinks.push(escalates)
  if (name === 'eval' || name === 'source' || name === '.') sinks.push(dynamic)
  if (name === 'printenv' || (name === 'env' && operands.length === 0) || (name === 'export' && rest[0] === '-p'))
    sinks.push(reads)
  if (removers.has(name) && operands.some(isVital)) sinks.push(destroys)
  if (name === 'find' && operands.some(isVital) && rest.some((word) => word === '-delete' || word === 'rm')) {
    sinks.push(destroys)
  }
  if (name.startsWith('mkfs') || (name === 'dd' && rest.some((word) => /^of=\/dev\/(?!null|stdout)/.test(word))))
    sinks.push(destroys)
  if (rest.some((word) => word.startsWith('LD_PRELOAD=')) || /^(?:LD_PRELOAD|LD_LIBRARY_PATH)=/.test(program))
    sinks.push(native)
  if (interpreters.has(name) && rest.some((word) => /^-\w*[ceE]$/.test(word))) sinks.push(spawns)
  if (!wrappers.has(name)) return sinks
  const wrapped = rest.findIndex((word) => !/^-|^\d+[smh]?$|=/.test(word))
  return wrapped === -1 ? sinks : [...sinks, ...inspectCommand(rest.slice(wrapped))]
}
