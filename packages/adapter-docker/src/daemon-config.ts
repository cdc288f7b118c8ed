import { proxyEnvironment } from '@caisson/adapter-kit'
import type { Environment, ResolvedSandboxSpec } from '@caisson/core'
import type { TemplateImage } from './image.ts'
import type { TemplateUser } from './template-user.ts'

/** What the daemon reads from its standard input when it starts. */
export interface DaemonConfig {
  readonly accessToken: string
  readonly defaultUser: string
  readonly users: readonly TemplateUser[]
  readonly env: Environment
  readonly workdir: string
  /** Whether to offer programs the proxy that leads to the gateway. */
  readonly egressProxy?: true
  /** Time after which the daemon ends, and with it the sandbox. Absent: it does not by itself. */
  readonly lifetimeMs?: number
}

/** What an image says about these is about its own user, and not about the one that code runs as. */
const ofTheUser = new Set(['HOME', 'USER', 'LOGNAME', 'SHELL', 'MAIL'])

export function daemonConfig(
  spec: ResolvedSandboxSpec,
  { user, env }: TemplateImage,
  { accessToken }: { readonly accessToken: string },
): DaemonConfig {
  const imageEnv = Object.entries(env).filter(([name]) => !ofTheUser.has(name))
  const path = env['PATH']
  const allowed = spec.egress.mode === 'allow'
  return {
    accessToken,
    defaultUser: user.name,
    users: [user],
    env: {
      LANG: 'C.UTF-8',
      ...Object.fromEntries(imageEnv),
      ...(path === undefined ? {} : { PATH: `${path}:/opt/caisson/bin` }),
      ...(allowed ? proxyEnvironment : {}),
      ...spec.env,
    },
    workdir: user.home,
    ...(allowed ? { egressProxy: true } : {}),
    ...(spec.onExpiry === 'destroy' ? { lifetimeMs: spec.ttlMs } : {}),
  }
}
