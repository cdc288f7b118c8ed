import type { Environment, ResolvedSandboxSpec } from '@caisson/core'
import type { Template, TemplateUser } from '../template/template.ts'

/** What the daemon reads when it starts. */
export interface DaemonConfiguration {
  readonly accessToken: string
  readonly defaultUser: string
  readonly users: readonly TemplateUser[]
  readonly env: Environment
  readonly workdir: string
  readonly egressProxy?: true
}

/** Where the daemon serves the way out; programs know it under either spelling. */
const proxyUrl = 'http://127.0.0.1:3128'
const proxyEnvironment: Environment = {
  HTTP_PROXY: proxyUrl,
  HTTPS_PROXY: proxyUrl,
  http_proxy: proxyUrl,
  https_proxy: proxyUrl,
}

export function daemonConfiguration(
  spec: ResolvedSandboxSpec,
  { user }: Template,
  accessToken: string,
): DaemonConfiguration {
  return {
    accessToken,
    defaultUser: user.name,
    users: [user],
    env: environmentOf(spec),
    workdir: user.home,
    ...(spec.egress.mode === 'allow' ? { egressProxy: true } : {}),
  }
}

/** What every process is given. */
export function environmentOf({ egress, env }: ResolvedSandboxSpec): Environment {
  return { LANG: 'C.UTF-8', TMPDIR: '/tmp', ...(egress.mode === 'allow' ? proxyEnvironment : {}), ...env }
}
