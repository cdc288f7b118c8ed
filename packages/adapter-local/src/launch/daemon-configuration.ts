import { proxyEnvironment } from '@caisson/adapter-kit'
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
  readonly newPrivileges?: true
}

/** Whoever may become root through sudo may ask for it. */
const root: TemplateUser = { name: 'root', uid: 0, gid: 0, home: '/root' }

export function daemonConfiguration(
  spec: ResolvedSandboxSpec,
  { user, workdir, env, privileges }: Template,
  accessToken: string,
): DaemonConfiguration {
  return {
    accessToken,
    defaultUser: user.name,
    users: privileges === 'sudo' ? [user, root] : [user],
    env: environmentOf(spec, env),
    workdir,
    ...(spec.egress.mode === 'allow' ? { egressProxy: true } : {}),
    ...(privileges === 'sudo' ? { newPrivileges: true } : {}),
  }
}

/** What every process is given. The template's own stands below all that the sandbox was asked for. */
export function environmentOf({ egress, env }: ResolvedSandboxSpec, ofTemplate: Environment): Environment {
  return {
    LANG: 'C.UTF-8',
    TMPDIR: '/tmp',
    ...ofTemplate,
    ...(egress.mode === 'allow' ? proxyEnvironment : {}),
    ...env,
  }
}
