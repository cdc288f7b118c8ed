import type { Observation } from '../report.ts'
import { expandGlob } from './glob.ts'

/** Below these a run may write: its home and what every program uses for scratch. */
const ownPlaces = [
  '/tmp/',
  '/var/tmp/',
  '/home/user/',
  '/dev/null',
  '/dev/tty',
  '/dev/stdout',
  '/dev/stderr',
  '/dev/shm/',
]

/** Whether a constant path leaves the working directory for a place that is not scratch space. */
export function leavesWorkingDirectory(path: string): boolean {
  if (path.startsWith('~')) return true
  if (path.split('/').includes('..')) return true
  return path.startsWith('/') && !ownPlaces.some((place) => path === place || `${path}/`.startsWith(place))
}

/** Whether removing it, and what is below it, would leave nothing worth having. */
export function isVital(path: string): boolean {
  return /^(?:\/|~|\$HOME|\$\{HOME\})\/?\*?$|^\/(?:bin|boot|dev|etc|home|lib|lib64|opt|root|sbin|srv|sys|usr|var)(?:\/\*?)?$/.test(
    path,
  )
}

/** Whether writing to it overwrites a disk or the memory. */
export function isDevice(path: string): boolean {
  return /^\/dev\/(?:sd|hd|vd|xvd|nvme|mmcblk|mapper\/|disk\/|md|loop|mem$|kmem$|port$)/.test(path)
}

/** What patterns are tried on. */
const credentials = [
  '/etc/shadow',
  '/etc/gshadow',
  '/etc/sudoers',
  '~/.ssh/id_rsa',
  '~/.ssh/id_ed25519',
  '~/.aws/credentials',
]

const telling: readonly (readonly [RegExp, Omit<Observation, 'seen' | 'line'>])[] = [
  [
    /\/etc\/(?:shadow|gshadow|sudoers)|(?:^|\/)\.ssh(?:\/|\b)|\bid_(?:rsa|ed25519|ecdsa)\b|\/\.aws\/credentials|\/\.docker\/config\.json|\/\.kube\/config|\/\.netrc\b|\/run\/secrets\/|\/proc\/(?:self|1|\d+)\/(?:environ|mem)\b/,
    { code: 'file.sensitive', severity: 'hostile', message: 'It names a file that holds credentials.' },
  ],
  [
    /\bdocker\.sock\b|\bcontainerd\.sock\b|\/proc\/sys\/kernel\/core_pattern|\/sys\/fs\/cgroup\/[^\s]*release_agent|\/proc\/sysrq-trigger/,
    { code: 'sandbox.escape', severity: 'hostile', message: 'It names a known way out of a container.' },
  ],
  [
    /\b169\.254\.169\.254\b|\/\/(?:2852039166|0xa9fea9fe|0xa9\.0xfe\.0xa9\.0xfe|0251\.0376\.0251\.0376)\b|\bmetadata\.google\.internal\b|\bfd00:ec2::254\b|\[::ffff:(?:169\.254\.169\.254|a9fe:a9fe)\]/i,
    { code: 'network.metadata', severity: 'hostile', message: "It names the cloud's metadata service." },
  ],
  [
    /\/dev\/(?:tcp|udp)\/[^\s/]+\/\d+|\bnc(?:at)?\s+(?:-\w+\s+)*-\w*e\w*\s|\bbash\s+-i\b/,
    { code: 'network.reverse-shell', severity: 'hostile', message: 'It hands a shell to somebody on the network.' },
  ],
  [
    /\brm\s+(?:-\S+\s+)*-\w*[rR]\w*\s+(?:-\S+\s+)*["']?(?:\/|~|\$HOME)["']?\/?\*?(?:\s|$|;|&|\|)|\bmkfs(?:\.\w+)?\s+\/dev\/|\bdd\s[^|;&]*\bof=\/dev\/(?:sd|vd|nvme|xvd|mapper|disk|mem)/,
    { code: 'file.destructive', severity: 'hostile', message: 'It destroys files that are not its own.' },
  ],
]

const maxText = 4096

/** What a constant text gives away, whatever is done with it. */
export function inspectText(content: string): readonly Omit<Observation, 'line'>[] {
  const text = content.slice(0, maxText)
  const seen = text.startsWith('/') || text.startsWith('~') ? (expandGlob(text, credentials) ?? text) : text
  return telling.flatMap(([pattern, observation]) => (pattern.test(seen) ? [{ ...observation, seen: text }] : []))
}
