import { existsSync, readFileSync, readSync, unlinkSync } from 'node:fs'
import { asCString, asEnvironment, asFields, asFlag, asInteger, asText, optional } from './fields.ts'
import type { User } from './user.ts'

/** What the host tells the daemon when it starts it. */
export interface Config {
  accessToken: string
  defaultUser: string
  readonly users: readonly User[]
  /** Given to every process. */
  env: Readonly<Record<string, string>>
  /** Where processes start unless they say. Default: the user's home. */
  workdir: string | undefined
  /** Whether to offer the proxy port that leads to the host's egress gateway. */
  readonly egressProxy: boolean
  /** Time after which the daemon ends, and with it the sandbox whose first process it is. Undefined: it does not by itself. */
  readonly lifetimeMs: number | undefined
  /** What code may hold in memory, where the daemon has to see to it. */
  readonly memoryLimitBytes: number | undefined
  /** Whether programs with the set-user-id bit gain rights, where the sandbox lets them. */
  readonly newPrivileges: boolean
}

const asId = asInteger(0, 0xffff_fffe)

function parseConfig(text: string): Config {
  const fields = asFields(JSON.parse(text), 'config')
  const users = Array.isArray(fields['users']) ? fields['users'] : []
  const config = {
    accessToken: asText(fields['accessToken'], 'accessToken'),
    defaultUser: asText(fields['defaultUser'], 'defaultUser'),
    users: users.map((value: unknown, index): User => {
      const user = asFields(value, `users.${index}`)
      return {
        name: asText(user['name'], `users.${index}.name`),
        uid: asId(user['uid'], `users.${index}.uid`),
        gid: asId(user['gid'], `users.${index}.gid`),
        home: asCString(user['home'], `users.${index}.home`),
      }
    }),
    env: optional(fields['env'], 'env', asEnvironment) ?? {},
    workdir: optional(fields['workdir'], 'workdir', asCString),
    egressProxy: optional(fields['egressProxy'], 'egressProxy', asFlag) ?? false,
    lifetimeMs: optional(fields['lifetimeMs'], 'lifetimeMs', asInteger(1)),
    memoryLimitBytes: optional(fields['memoryLimitBytes'], 'memoryLimitBytes', asInteger(1)),
    newPrivileges: optional(fields['newPrivileges'], 'newPrivileges', asFlag) ?? false,
  }
  if (config.accessToken.length < 16) throw new Error('accessToken must have at least 16 characters')
  return config
}

/** Reads the configuration and removes the file, which holds the token. */
export function takeConfig(path: string): Config {
  const text = readFileSync(path, 'utf8')
  unlinkSync(path)
  return parseConfig(text)
}

/** What is different for a sandbox that goes on, perhaps as a copy of the one that it was. */
export interface Wake {
  readonly accessToken: string
  /** Given to every process from now on. Undefined: as before. */
  readonly env: Readonly<Record<string, string>> | undefined
  readonly egressProxy: boolean
}

/** Reads what the host says to a sandbox that goes on, and removes the file. Undefined when there is none. */
export function takeWake(path: string): Wake | undefined {
  if (!existsSync(path)) return undefined
  const fields = asFields(JSON.parse(readFileSync(path, 'utf8')), 'wake')
  unlinkSync(path)
  return {
    accessToken: asText(fields['accessToken'], 'accessToken'),
    env: optional(fields['env'], 'env', asEnvironment),
    egressProxy: optional(fields['egressProxy'], 'egressProxy', asFlag) ?? false,
  }
}

/** Reads the configuration as one line of the standard input, for hosts that cannot put a file into the sandbox. */
export function readConfigLine(): Config {
  const parts: Buffer[] = []
  for (;;) {
    const part = Buffer.alloc(64 * 1024)
    const size = readSync(0, part)
    const end = part.subarray(0, size).indexOf('\n')
    parts.push(part.subarray(0, end === -1 ? size : end))
    if (end !== -1 || size === 0) return parseConfig(Buffer.concat(parts).toString('utf8'))
  }
}
