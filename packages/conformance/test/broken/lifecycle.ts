import { isSandboxError, matchesLabels, minuteMs, SandboxError } from '@caisson/core'
import { type Broken, changeAdapter, changeSandbox, changeSpec } from './wrap.ts'

export const brokenLifecycles: readonly Broken[] = [
  {
    name: 'says destroyed and destroys nothing, by id',
    breaks: ['lifecycle.destroy-by-id'],
    change: changeAdapter((adapter) => ({
      destroy: async (id) =>
        (await Array.fromAsync(adapter.list())).some((info) => info.id === id) ? 'destroyed' : 'absent',
    })),
  },
  {
    name: 'finds a sandbox when any of the labels fits',
    breaks: ['lifecycle.list-labels'],
    change: changeAdapter((adapter) => ({
      list: async function* (query, options) {
        const wanted = Object.entries(query?.labels ?? {})
        for await (const info of adapter.list(undefined, options)) {
          const fits = wanted.some(([name, value]) => matchesLabels(info.labels, { [name]: value }))
          if (wanted.length === 0 || fits) yield info
        }
      },
    })),
  },
  {
    name: 'lets no sandbox live for less than a minute',
    breaks: ['lifecycle.ttl'],
    change: changeSpec((spec) =>
      spec.onExpiry === 'pause'
        ? spec
        : { ...spec, ...(spec.ttlMs !== undefined && spec.ttlMs >= 1000 && { ttlMs: Math.max(spec.ttlMs, minuteMs) }) },
    ),
  },
  {
    name: 'never shortens a life',
    breaks: ['lifecycle.extend-shorter'],
    change: changeSandbox((sandbox) => ({
      extend: async (ttlMs, options) => {
        const { expiresAtMs } = await sandbox.info(options)
        if (Date.now() + ttlMs > expiresAtMs) return await sandbox.extend(ttlMs, options)
        return { ...(await sandbox.info(options)), expiresAtMs: Date.now() + ttlMs }
      },
    })),
  },
  {
    name: 'leaves the sandbox of an aborted create behind',
    breaks: ['lifecycle.create-aborted'],
    change: changeAdapter((adapter) => ({
      create: async (spec, options) => {
        const sandbox = await adapter.create(spec, { deadline: options?.deadline })
        if (options?.signal?.aborted === true) throw new SandboxError('cancelled', 'memory', 'given up')
        return sandbox
      },
    })),
  },
  {
    name: 'takes the default for an unknown template',
    breaks: ['lifecycle.template-unknown'],
    change: changeAdapter((adapter) => ({
      create: async (spec, options) => {
        try {
          return await adapter.create(spec, options)
        } catch (error) {
          if (!isSandboxError(error) || error.code !== 'template-not-found') throw error
          return await adapter.create({ ...spec, template: 'base' }, options)
        }
      },
    })),
  },
  {
    name: 'does not name the field at fault',
    breaks: ['lifecycle.spec-field'],
    change: changeAdapter((adapter) => ({
      create: async (spec, options) => {
        try {
          return await adapter.create(spec, options)
        } catch (error) {
          if (!isSandboxError(error)) throw error
          throw new SandboxError(error.code, error.adapter, error.message)
        }
      },
    })),
  },
  {
    name: 'ends all processes when a handle is detached',
    breaks: ['lifecycle.detach-keeps', 'attach.other-instance', 'attach.input', 'limits.timeout-unattended'],
    change: changeSandbox((sandbox) => ({
      detach: async () => {
        for (const { pid } of await sandbox.processes.list()) await (await sandbox.processes.attach(pid)).cancel()
      },
    })),
  },
  {
    name: 'hands out the whole sandbox as the restricted view',
    breaks: ['lifecycle.restricted'],
    change: changeSandbox((sandbox) => ({ restricted: () => sandbox })),
  },
]
