import { stat } from 'node:fs/promises'
import type { Logger } from '@caisson/engine'
import { defaultPolicy, type Policy, shippedPolicies } from '@caisson/router'
import { loadPolicy } from '@caisson/router/load'

/**
 * The policy in force: a shipped one by its name, or the file's, read again when the file changes. At start a faulty file is refused; later the
 * last good policy stays in force and the fault is logged, because the one who edits is not the one who is refused.
 */
export async function watchedPolicy(source: string | undefined, logger: Logger): Promise<() => Promise<Policy>> {
  if (source === undefined) return async () => defaultPolicy
  if (Object.hasOwn(shippedPolicies, source)) {
    const shipped = await loadPolicy(source)
    return async () => shipped
  }
  let readAtMs = (await stat(source).catch(() => undefined))?.mtimeMs
  let policy = await loadPolicy(source)
  return async () => {
    try {
      const { mtimeMs } = await stat(source)
      if (mtimeMs !== readAtMs) {
        readAtMs = mtimeMs
        policy = await loadPolicy(source)
        logger.info({ policy: policy.name, version: policy.version, hash: policy.hash }, 'the policy changed')
      }
    } catch (error) {
      logger.warn({ err: error, path: source }, 'the policy file is faulty; the last good policy stays in force')
    }
    return policy
  }
}
