import { hourMs, secondMs, toErrorData } from '@caisson/core'
import type { Logger } from '@caisson/engine'
import { assertCallbackAllowed } from './callback-hosts.ts'
import { guardedPost } from './guarded-post.ts'
import type { Delivery, HookStore } from './hook-store.ts'
import { sign } from './signature.ts'

const atOneTime = 10
const maxAttempts = 12
const firstWaitMs = 5 * secondMs
const longestWaitMs = hourMs

export interface DeliverOptions {
  readonly allowPrivate: boolean
  /** Where submissions may have themselves called back. */
  readonly callbackHosts: readonly string[]
  readonly logger: Logger
}

/** Tells what is due. What fails is tried again, twelve times in about a day; what a hook says is gone is not. */
export async function deliverDue(store: HookStore, options: DeliverOptions): Promise<void> {
  const due = await store.take(Date.now(), atOneTime)
  await Promise.all(
    due.map(async (delivery) => {
      const error = await tryToDeliver(delivery, options)
      const nowMs = Date.now()
      if (error === undefined) {
        await store.end(delivery, { delivered: true, atMs: nowMs })
        return
      }
      const { organization, hook, attempts } = delivery
      options.logger.warn({ organization, hook, attempts, reason: error.reason }, 'a hook could not be told')
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

async function tryToDeliver(
  { id, url, body, secret, isCallback }: Delivery,
  { allowPrivate, callbackHosts }: DeliverOptions,
): Promise<Failure | undefined> {
  try {
    if (isCallback) assertCallbackAllowed(url, callbackHosts)
    const status = await guardedPost(url, {
      body,
      allowPrivate,
      headers: {
        'content-type': 'application/json',
        'caisson-delivery': id,
        'caisson-signature': sign(secret, body, Date.now()),
      },
    })
    return status >= 200 && status < 300 ? undefined : { reason: `answered with ${status}`, isFinal: status === 410 }
  } catch (error) {
    const { code, message } = toErrorData(error)
    return { reason: message, isFinal: code === 'forbidden' }
  }
}
