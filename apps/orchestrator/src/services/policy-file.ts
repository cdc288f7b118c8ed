import { readFile, stat } from 'node:fs/promises'
import type { Logger } from '@caisson/engine'
import { defaultPolicy, parsePolicy, type Policy } from '@caisson/router'

/**
 * The policy in force: the default one, or the file's, read again when the file changes. At start a faulty file is refused; later the
 * last good policy stays in force and the fault is logged, because the one who edits is not the one who is refused.
 */
export async function watchedPolicy(path: string | undefined, logger: Logger): Promise<() => Promise<Policy>> {
  if (path === undefined) return async () => defaultPolicy
  let readAtMs = -1
  let policy = await read()
  return async () => {
    try {
      const { mtimeMs } = await stat(path)
      if (mtimeMs !== readAtMs) {
        policy = await read()
        logger.info({ policy: policy.name, version: policy.version, hash: policy.hash }, 'the policy changed')
      }
    } catch (error) {
      logger.warn({ err: error, path }, 'the policy file is faulty; the last good policy stays in force')
    }
    return policy
  }

  async function read(): Promise<Policy> {
    readAtMs = (await stat(path ?? '')).mtimeMs
    return parsePolicy(await readFile(path ?? '', 'utf8'), path ?? '')
  }
}
