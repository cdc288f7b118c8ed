import {
  freshId,
  isSandboxError,
  type Labels,
  minuteMs,
  type SandboxId,
  sandboxIdSchema,
  type SandboxSpec,
} from '@caisson/core'
import { between, ensure, pause, rejects, same, show } from '../kit/assert.ts'
import type { Checks, Kit } from '../kit/kit.ts'
import { ensureGone, isGone, listed } from '../kit/presence.ts'
import { alive, directory, follow, nonce, output, start } from '../kit/programs.ts'

/** Runs a create that must reject, and makes sure that nothing with its label is left, then or a little later. */
async function leavesNothing(kit: Kit, label: string, create: (spec: SandboxSpec) => Promise<void>): Promise<void> {
  const labels = { check: label }
  await create(kit.spec({ labels }))
  for (let look = 0; look < 5; look++) {
    same((await listed(kit.adapter, labels)).length, 0, 'sandboxes left behind')
    await pause(50)
  }
}

const unknownId = (): SandboxId => sandboxIdSchema.parse(freshId())

export const lifecycleChecks: Checks = {
  'lifecycle.create-runs': async (kit) => {
    const text = nonce()
    same(await output(await kit.fresh(), `echo ${text}`), text, 'output')
  },

  'lifecycle.empty-spec': async (kit) => {
    const sandbox = await kit.adapter.create({})
    kit.defer(async () => await sandbox.destroy())
    const info = await sandbox.info()
    same(info.template, kit.capabilities.templates[0], 'template')
    same(info.labels, {}, 'labels')
    between(info.expiresAtMs - info.createdAtMs, 4.9 * minuteMs, 5.1 * minuteMs, 'length of life in ms')
  },

  'lifecycle.ids-unique': async (kit) => {
    const sandboxes = await Promise.all(Array.from({ length: 4 }, async () => await kit.fresh()))
    same(new Set(sandboxes.map(({ id }) => id)).size, 4, 'different ids')
    for (const { id } of sandboxes) ensure(sandboxIdSchema.safeParse(id).success, `not a valid id: ${id}`)
    const path = `/tmp/${nonce()}`
    await sandboxes[0]?.files.write(path, new Uint8Array([1]))
    const others = sandboxes.slice(1)
    const seen = await Promise.all(
      others.map(async (other) => await output(other, `test -e ${path} && echo yes || echo no`)),
    )
    same(seen, ['no', 'no', 'no'], 'file of one sandbox in the others')
  },

  'lifecycle.info': async (kit) => {
    const labels = { organization: nonce(), run: 'with spaces and 🎉' }
    const beforeMs = Date.now()
    const sandbox = await kit.fresh({ labels, ttlMs: 2 * minuteMs })
    const info = await sandbox.info()
    same(info.id, sandbox.id, 'id')
    same(info.adapter, kit.adapter.name, 'adapter')
    same(info.state, 'running', 'state')
    same(info.labels, labels, 'labels')
    between(info.createdAtMs, beforeMs - 2000, Date.now() + 2000, 'createdAtMs')
    between(info.expiresAtMs, beforeMs + 1.9 * minuteMs, Date.now() + 2.1 * minuteMs, 'expiresAtMs')
  },

  'lifecycle.connect': async (kit) => {
    const sandbox = await kit.shared()
    const text = nonce()
    const path = `${await directory(sandbox)}/file`
    await sandbox.files.write(path, new TextEncoder().encode(text))
    const again = await (await kit.other()).connect(sandbox.id)
    same(again.id, sandbox.id, 'id')
    same(await output(again, `cat ${path}`), text, 'file through the second handle')
  },

  'lifecycle.connect-unknown': async (kit) => {
    await rejects(async () => await kit.adapter.connect(unknownId()), 'sandbox-not-found', 'connect')
  },

  'lifecycle.connect-destroyed': async (kit) => {
    const { id, destroy } = await kit.fresh()
    await destroy()
    for (const adapter of [kit.adapter, await kit.other()]) {
      await rejects(async () => await adapter.connect(id), 'sandbox-not-found', 'connect')
    }
  },

  'lifecycle.list-contains': async (kit) => {
    const sandbox = await kit.shared()
    for (const adapter of [kit.adapter, await kit.other()]) {
      const found = (await listed(adapter)).filter(({ id }) => id === sandbox.id)
      same(found.length, 1, 'times listed')
      same(found[0], await sandbox.info(), 'listed info')
    }
  },

  'lifecycle.list-labels': async (kit) => {
    const [one, two] = [nonce(), nonce()]
    const first = await kit.fresh({ labels: { organization: one, run: one } })
    const second = await kit.fresh({ labels: { organization: one, run: two } })
    const ids = async (labels: Labels): Promise<string[]> =>
      (await listed(kit.adapter, labels)).map(({ id }) => String(id)).sort()
    same(await ids({ organization: one }), [first.id, second.id].map(String).sort(), 'sandboxes of the organization')
    same(await ids({ organization: one, run: two }), [second.id], 'sandboxes with both labels')
    same(await ids({ organization: two }), [], 'sandboxes of nobody')
    same(await ids({ run: one, missing: '' }), [], 'sandboxes with a label that is not there')
  },

  'lifecycle.list-forgets': async (kit) => {
    const { id, destroy } = await kit.fresh()
    await destroy()
    for (const adapter of [kit.adapter, await kit.other()]) ensure(await isGone(adapter, id), 'still listed')
  },

  'lifecycle.destroy-idempotent': async (kit) => {
    const sandbox = await kit.fresh()
    same([await sandbox.destroy(), await sandbox.destroy()], ['destroyed', 'absent'], 'results')
  },

  'lifecycle.destroy-by-id': async (kit) => {
    const { id } = await kit.fresh()
    const other = await kit.other()
    same(await other.destroy(id), 'destroyed', 'first result')
    await ensureGone(kit.adapter, id)
    same(await other.destroy(id), 'absent', 'second result')
  },

  'lifecycle.destroy-unknown': async (kit) => {
    same(await kit.adapter.destroy(unknownId()), 'absent', 'result')
  },

  'lifecycle.destroy-while-running': async (kit) => {
    const sandbox = await kit.fresh()
    const process = await start(sandbox, 'sleep 60')
    const waiting = rejects(async () => await process.wait(), 'sandbox-not-found', 'wait')
    waiting.catch(() => undefined)
    await sandbox.destroy()
    await waiting
  },

  'lifecycle.calls-after-destroy': async (kit) => {
    const sandbox = await kit.fresh()
    const process = await start(sandbox, 'sleep 60')
    const elsewhere = await (await kit.other()).connect(sandbox.id)
    await elsewhere.destroy()
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      spawn: async () => await start(sandbox, 'true'),
      'processes.list': async () => await sandbox.processes.list(),
      wait: async () => await process.wait(),
      'files.stat': async () => await sandbox.files.stat('/'),
      'files.read': async () => await sandbox.files.read('/etc/passwd'),
      'files.write': async () => await sandbox.files.write('/tmp/x', new Uint8Array(1)),
      info: async () => await sandbox.info(),
      extend: async () => await sandbox.extend(minuteMs),
    }
    for (const [name, call] of Object.entries(calls)) await rejects(call, 'sandbox-not-found', name)
  },

  'lifecycle.dispose-destroys': async (kit) => {
    const sandbox = await kit.fresh()
    await sandbox[Symbol.asyncDispose]()
    await ensureGone(await kit.other(), sandbox.id)
  },

  'lifecycle.detach-keeps': async (kit) => {
    const sandbox = await kit.fresh()
    const process = await start(sandbox, 'echo ready; exec sleep 60', { timeoutMs: undefined })
    await follow(process).until('ready')
    await sandbox.detach()
    const again = await (await kit.other()).connect(sandbox.id)
    ensure(await alive(again, process.pid), 'the process did not outlive the handle')
  },

  'lifecycle.adapter-dispose-keeps': async (kit) => {
    const brief = await kit.another()
    const { id } = await brief.create(kit.spec())
    kit.defer(async () => await kit.adapter.destroy(id))
    await brief[Symbol.asyncDispose]()
    same(await output(await kit.adapter.connect(id), 'echo alive'), 'alive', 'output')
  },

  'lifecycle.create-aborted': async (kit) => {
    await leavesNothing(kit, nonce(), async (spec) => {
      for (const delayMs of [undefined, 0, 2, 10, 30]) {
        const controller = new AbortController()
        if (delayMs === undefined) controller.abort()
        else setTimeout(() => controller.abort(), delayMs)
        try {
          const created = await kit.adapter.create(spec, { signal: controller.signal })
          // The last ones may be faster than their abort.
          await created.destroy()
          ensure(delayMs !== undefined, 'create succeeded although it was aborted before')
        } catch (error) {
          ensure(isSandboxError(error) && error.code === 'cancelled', `create: expected cancelled, saw ${show(error)}`)
        }
      }
    })
  },

  'lifecycle.create-late': async (kit) => {
    await leavesNothing(kit, nonce(), async (spec) => {
      const options = { deadline: Date.now() - 1 }
      await rejects(async () => await kit.adapter.create(spec, options), 'timeout', 'create')
    })
  },

  'lifecycle.template-unknown': async (kit) => {
    await leavesNothing(kit, nonce(), async (spec) => {
      const template = `no-such-${nonce()}`
      await rejects(async () => await kit.adapter.create({ ...spec, template }), 'template-not-found', 'create')
    })
  },

  'lifecycle.spec-field': async (kit) => {
    const wrong: readonly (readonly [SandboxSpec, string])[] = [
      [{ resources: { pids: 1 } }, 'resources.pids'],
      [{ resources: { memoryBytes: -1 } }, 'resources.memoryBytes'],
      [{ ttlMs: 1 }, 'ttlMs'],
      [{ template: 'not a template' }, 'template'],
      [{ env: { A: 'with\0nul' } }, 'env.A'],
    ]
    for (const [spec, field] of wrong) {
      const error = await rejects(async () => await kit.adapter.create(spec), 'invalid-argument', field)
      same(error.field, field, 'field at fault')
    }
  },

  'lifecycle.probe': async (kit) => {
    const beforeMs = Date.now()
    const health = await kit.adapter.probe()
    same(health.status, 'healthy', `status (${health.reason ?? 'no reason given'})`)
    between(health.checkedAtMs, beforeMs - 2000, Date.now() + 2000, 'checkedAtMs')
    ensure(health.latencyMs >= 0, `latencyMs is ${health.latencyMs}`)
  },

  'lifecycle.restricted': async (kit) => {
    const view = (await kit.shared()).restricted()
    const allowed = new Set(['id', 'processes', 'files', 'code', 'ports'])
    same(
      Reflect.ownKeys(view).filter((name) => !allowed.has(String(name))),
      [],
      'members beyond the least',
    )
    const text = nonce()
    same(await output(view, `echo ${text}`), text, 'output')
  },

  'lifecycle.sweep-spares': async (kit) => {
    const other = await kit.other()
    if (other.sweep === undefined) return
    const sandbox = await kit.fresh()
    const { removed } = await other.sweep()
    ensure(removed >= 0, `removed is ${removed}`)
    same(await output(sandbox, 'echo alive'), 'alive', 'output after the sweep')
  },
}
