import { sandboxSpecSchema } from '@caisson/core'
import { describe, expect, it } from 'vitest'
import { containerCapabilities } from '../src/capabilities.ts'
import { daemonConfiguration } from '../src/launch/daemon-configuration.ts'
import type { Machine } from '../src/machine/machine.ts'
import { assertPrivileges, withTemplate } from '../src/template/apply-template.ts'
import { directoryTemplateSchema, findTemplate } from '../src/template/template.ts'

const described = directoryTemplateSchema.parse({
  rootfs: '/templates/t',
  workdir: '/srv/work',
  env: { GREETING: 'of the template', LANG: 'de_DE.UTF-8' },
  command: ['/usr/bin/ipython3', '--no-banner'],
  resources: { memoryBytes: 1 << 30, pids: 512 },
  privileges: 'sudo',
})
const template = findTemplate('t', { t: described })
const token = 'x'.repeat(52)

describe('what a template says of its sandboxes', () => {
  it('stands where the spec is silent', () => {
    const spec = sandboxSpecSchema.parse({ resources: { pids: 64 } })
    const capabilities = containerCapabilities('root', () => ['t'])
    expect(withTemplate(spec, template, capabilities).resources).toEqual({ memoryBytes: 1 << 30, pids: 64 })
  })

  it('is only a proposal: limits that cannot be held are left out', () => {
    const spec = sandboxSpecSchema.parse({})
    expect(
      withTemplate(
        spec,
        template,
        containerCapabilities('rootless', () => ['t']),
      ).resources,
    ).toEqual({ pids: 512 })
  })

  it('gives every process its environment, below that of the sandbox, and the directory where it starts', () => {
    const spec = sandboxSpecSchema.parse({ env: { GREETING: 'of the sandbox' } })
    expect(daemonConfiguration(spec, template, token)).toMatchObject({
      workdir: '/srv/work',
      env: { GREETING: 'of the sandbox', LANG: 'de_DE.UTF-8', TMPDIR: '/tmp' },
      newPrivileges: true,
    })
    const plain = findTemplate('p', { p: directoryTemplateSchema.parse({ rootfs: '/templates/p' }) })
    expect(daemonConfiguration(sandboxSpecSchema.parse({}), plain, token)).toMatchObject({ workdir: '/home/user' })
    expect(daemonConfiguration(sandboxSpecSchema.parse({}), plain, token)).not.toHaveProperty('newPrivileges')
  })
})

describe('sudo', () => {
  const machine = (privilege: Machine['privilege']): Machine => ({
    runtime: { name: 'crun', path: '/usr/bin/crun' },
    init: '/usr/bin/tini-static',
    daemonDirectory: '/daemon',
    bootId: 'boot',
    privilege,
  })
  const root = {
    kind: 'root',
    hierarchy: { version: 2, root: '/sys/fs/cgroup', controllers: new Set<string>() },
    mkfs: '/mkfs',
  } as const

  it('is granted to root in the container tier', () => {
    expect(() => assertPrivileges(template, 'container', machine({ ...root, perl: '/usr/bin/perl' }))).not.toThrow()
  })

  it.each([
    ['in the gVisor tier', 'gvisor', machine({ ...root, perl: '/usr/bin/perl' })],
    ['to an ordinary user', 'container', machine({ kind: 'rootless' })],
    ['where ids cannot be mapped', 'container', machine(root)],
  ] as const)('is refused %s, with a way to go on', (_where, tier, where) => {
    expect(() => assertPrivileges(template, tier, where)).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        field: 'template',
        remedy: expect.stringContaining("privileges: 'none'"),
      }),
    )
    const none = { ...template, privileges: 'none' as const }
    expect(() => assertPrivileges(none, tier, where)).not.toThrow()
  })
})
