import { createMemoryAdapter } from '@caisson/conformance/memory'
import { type AdapterHealth, SandboxError, type SandboxAdapter } from '@caisson/core'
import { expect, it, vi } from 'vitest'
import { formatChoice } from '../src/adapters/adapter-choice.ts'
import { chooseAdapters, type Wire } from '../src/adapters/choose-adapters.ts'
import { readConfig } from '../src/config.ts'

const sick: AdapterHealth = { status: 'unavailable', reason: 'broken', remedy: 'mend it', checkedAtMs: 0, latencyMs: 0 }

/** Adapters by the words that choose them; those of `sick` are unavailable, and those of `absent` cannot be made. */
function surroundings({ ill = [], absent = [] }: { readonly ill?: string[]; readonly absent?: string[] }) {
  const logged: Record<string, unknown>[] = []
  const disposed: string[] = []
  const wire: Wire = async (choice, isNamed) => {
    const name = formatChoice(choice)
    if (absent.includes(name) && !isNamed) return { reason: 'there is none', remedy: 'get one' }
    const memory = createMemoryAdapter({ name: name.replace(':', '-') })
    const adapter: SandboxAdapter = {
      ...memory,
      ...(ill.includes(name) ? { probe: async () => sick } : {}),
      [Symbol.asyncDispose]: async () => {
        disposed.push(name)
        await memory[Symbol.asyncDispose]()
      },
    }
    return adapter
  }
  const info = vi.fn((facts: Record<string, unknown>) => void logged.push(facts))
  return { wire, logger: { info: info as never }, logged, disposed }
}

const names = (adapters: readonly SandboxAdapter[]) => adapters.map(({ name }) => name)

it('takes by itself what is healthy, and says why it leaves the others', async () => {
  const { wire, logger, logged, disposed } = surroundings({ ill: ['docker'], absent: ['podman'] })
  expect(names(await chooseAdapters('auto', wire, logger))).not.toContain('docker')
  expect(disposed).toEqual(['docker'])
  expect(logged).toEqual(
    expect.arrayContaining([
      { adapter: 'docker', reason: 'broken', remedy: 'mend it' },
      { adapter: 'podman', reason: 'there is none', remedy: 'get one' },
    ]),
  )
})

it('keeps the container tier of the local adapter even when it is sick, so that decisions can say so', async () => {
  const { wire, logger } = surroundings({ ill: ['local', 'local:gvisor', 'docker', 'podman'] })
  expect(names(await chooseAdapters('auto', wire, logger))).toEqual(['local'])
})

it('takes what was named whatever its health, and nothing else', async () => {
  const { wire, logger, disposed } = surroundings({ ill: ['docker'], absent: ['podman'] })
  const { adapters } = readConfig({ CAISSON_ADAPTERS: 'docker,podman' })
  expect(names(await chooseAdapters(adapters, wire, logger))).toEqual(['docker', 'podman'])
  expect(disposed).toEqual([])
})

it('leaves none open when one cannot be made', async () => {
  const { wire, logger, disposed } = surroundings({})
  const { adapters } = readConfig({ CAISSON_ADAPTERS: 'local,docker:absent,podman' })
  const failing: Wire = async (choice, isNamed) => {
    if (choice.adapter === 'docker') throw new SandboxError('invalid-argument', 'docker', 'no such runtime')
    return await wire(choice, isNamed)
  }
  await expect(chooseAdapters(adapters, failing, logger)).rejects.toMatchObject({ code: 'invalid-argument' })
  expect(disposed.toSorted()).toEqual(['local', 'podman'])
})
