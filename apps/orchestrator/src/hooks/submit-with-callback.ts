import type { ApiServices, Scope } from '@caisson/api'
import type { Callback } from '@caisson/api/schemas'
import { freshId, isFinal, type Operation, type Run } from '@caisson/core'
import type { Engine } from '@caisson/engine'
import { assertCallbackAllowed } from './callback-hosts.ts'
import type { HookStore } from './hook-store.ts'
import { toHookEvent } from './to-hook-event.ts'

export interface CallbackParts {
  readonly hooks: Pick<HookStore, 'createCallback' | 'removeCallback' | 'callbackSecretOf' | 'enqueue'>
  readonly engine: Pick<Engine, 'submit'>
  readonly hosts: readonly string[]
}

/** Submission of runs, whose ends and approvals the submission may ask to be told of. */
export function createSubmission({
  hooks,
  engine,
  hosts,
}: CallbackParts): Pick<ApiServices['runs'], 'submit' | 'callbackSecret'> {
  /** Whom to tell is stored before the run, which may be over at once. */
  const withCallback = async (
    operation: Operation,
    scope: Scope,
    { id, callback }: { readonly id: string; readonly callback: Callback },
  ): Promise<Run> => {
    const { organization } = scope
    const { href: url } = new URL(callback.url)
    assertCallbackAllowed(url, hosts)
    const outcome = await hooks.createCallback(organization, { run: id, url, key: scope.agent })
    try {
      const run = await engine.submit(operation, scope, { runId: id })
      // Whoever submits again what is over is told again.
      if (isFinal(run.status)) {
        await hooks.enqueue(toHookEvent({ type: 'run.finished', organization, atMs: Date.now(), run }))
      }
      return run
    } catch (error) {
      if (outcome === 'created') await hooks.removeCallback(organization, id)
      throw error
    }
  }
  return {
    submit: async (operation, scope, { id, callback }) =>
      callback === undefined
        ? await engine.submit(operation, scope, { runId: id })
        : await withCallback(operation, scope, { id: id ?? freshId(), callback }),
    callbackSecret: async ({ organization, agent }) => await hooks.callbackSecretOf(organization, agent),
  }
}
