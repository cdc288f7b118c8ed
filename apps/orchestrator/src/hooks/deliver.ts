import { hourMs, secondMs, toErrorData } from '@caisson/core'
import type { Logger } from '@caisson/engine'
import { guardedPost } from './guarded-post.ts'
import type { Delivery, HookStore } from './hook-store.ts'
import { sign } from './signature.ts'

const atOneTime = 10
const maxAttempts = 12
const firstWaitMs = 5 * secondMs
const longestWaitMs = hourMs

/** Tells what is due. What fails is tried again, twelve times in about a day; what a hook says is gone is not. */
export async function deliverDue(
  store: HookStore,
  { allowPrivate, logger }: { readonly allowPrivate: boolean; readonly logger: Logger },
): Promise<void> {
  const due = await store.take(Date.now(), atOneTime)
  await Promise.all(
    due.map(async (delivery) => {
      const error = await tryToDeliver(store, delivery, allowPrivate)
      const nowMs = Date.now()
      if (error === undefined) {
        await store.end(delivery, { delivered: true, atMs: nowMs })
        return
      }
      const { organization, hook, attempts } = delivery
      logger.warn({ organization, hook, attempts, reason: error.reason }, 'a hook could not be told')
      if (error.isFinal || attempts >= maxAttempts) {
        await store.end(delivery, { delivered: false, error: error.reason, atMs: nowMs })
        return
      }
      const waitMs = Math.min(firstWaitMs * 2 ** (attempts - 1), longestWaitMs)
      await store.postpone(delivery, error.reason, nowMs + waitMs)
    }),
  )
}

interface Failure {
  readonly reason: string
  readonly isFinal: boolean
}

async function tryToDeliver(store: HookStore, delivery: Delivery, allowPrivate: boolean): Promise<Failure | undefined> {
  const { organization, hook, id, url, body } = delivery
  try {
    const status = await guardedPost(url, {
      body,
      allowPrivate,
      headers: {
        'content-type': 'application/json',
        'caisson-delivery': id,
        'caisson-signature': sign(await store.secretOf(organization, hook), body, Date.now()),
      },
    })
    return status >= 200 && status < 300 ? undefined : { reason: `answered with ${status}`, isFinal: status === 410 }
  } catch (error) {
    const { code, message } = toErrorData(error)
    return { reason: message, isFinal: code === 'forbidden' }
  }
}
