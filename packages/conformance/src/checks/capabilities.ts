import { adapterCapabilitiesSchema, type Feature, type Sandbox, type SandboxAdapter } from '@caisson/core'
import { ensure, rejects, same } from '../kit/assert.ts'
import type { Checks, Kit } from '../kit/kit.ts'
import { start } from '../kit/programs.ts'

/** Features that show as members of a sandbox. */
const members: readonly (readonly [Feature, Extract<keyof Sandbox, string>])[] = [
  ['code', 'code'],
  ['ports', 'ports'],
  ['desktop', 'desktop'],
  ['browser', 'browser'],
  ['pause', 'pause'],
  ['pause', 'resume'],
  ['snapshot', 'snapshot'],
  ['fork', 'fork'],
  ['metrics', 'metrics'],
  ['set-egress', 'setEgress'],
]

function membersOf(sandbox: Sandbox, adapter: SandboxAdapter): string[] {
  const present = members.filter(([, member]) => sandbox[member] !== undefined).map(([, member]) => member)
  return adapter.volumes === undefined ? present : [...present, 'volumes']
}

function declaredMembers(kit: Kit, declared: boolean): string[] {
  return [...members, ['volumes', 'volumes'] as const]
    .filter(([feature]) => kit.capabilities.features.includes(feature) === declared)
    .map(([, member]) => member)
}

/** Uses of features that are options or calls. */
async function uses(kit: Kit): Promise<Readonly<Partial<Record<Feature, () => Promise<unknown>>>>> {
  const sandbox = await kit.shared()
  const create = (spec: Parameters<Kit['spec']>[0]) => async (): Promise<unknown> => {
    const created = await kit.adapter.create(kit.spec(spec))
    await created.destroy()
    return 'a sandbox'
  }
  return {
    terminal: async () => await start(sandbox, 'true', { terminal: { columns: 80, rows: 24 } }),
    watch: async () => await sandbox.files.watch('/tmp'),
    attach: async () => await sandbox.processes.attach((await start(sandbox, 'true')).pid),
    users: async () => await start(sandbox, 'true', { user: 'root' }),
    pause: create({ onExpiry: 'pause' }),
    'egress-allow': create({ egress: { mode: 'allow', rules: [{ host: 'example.com', port: 443 }] } }),
    'egress-networks': create({
      egress: { mode: 'allow', rules: [{ host: '*', port: 'any' }], deny: ['192.0.2.0/24'] },
    }),
    'egress-headers': create({
      egress: { mode: 'allow', rules: [], headers: [{ host: 'example.com', set: { 'X-Key': 'value' } }] },
    }),
    volumes: create({ volumes: [{ name: 'data', path: '/data' }], labels: { organization: 'conformance' } }),
    secrets: create({ secrets: { TOKEN: 'reference' } }),
  }
}

export const capabilityChecks: Checks = {
  'capabilities.valid': async (kit) => {
    const parsed = adapterCapabilitiesSchema.safeParse(kit.capabilities)
    ensure(parsed.success, `capabilities are not valid: ${parsed.error?.message ?? ''}`)
    for (const list of [kit.capabilities.features, kit.capabilities.limits, kit.capabilities.templates]) {
      same(new Set<string>(list).size, list.length, `different entries in ${list.join(', ')}`)
    }
    await Promise.resolve()
  },

  'capabilities.identity': async (kit) => {
    same(kit.adapter.specificationVersion, 'caisson-adapter-v1', 'specificationVersion')
    ensure(/^[a-z0-9-]+$/.test(kit.adapter.name), `name "${kit.adapter.name}" has other characters than a-z, 0-9 and -`)
    same((await kit.shared()).adapter, kit.adapter.name, 'adapter that the sandbox names')
  },

  'capabilities.declared-present': async (kit) => {
    const present = membersOf(await kit.shared(), kit.adapter)
    same(
      declaredMembers(kit, true).filter((member) => !present.includes(member)),
      [],
      'declared members that are missing',
    )
  },

  'capabilities.undeclared-absent': async (kit) => {
    const present = membersOf(await kit.shared(), kit.adapter)
    same(
      declaredMembers(kit, false).filter((member) => present.includes(member)),
      [],
      'members that are not declared',
    )
  },

  'capabilities.undeclared-refused': async (kit) => {
    for (const [feature, use] of Object.entries(await uses(kit))) {
      if (!kit.capabilities.features.some((name) => name === feature)) await rejects(use, 'unsupported', feature)
    }
  },

  'capabilities.static': async (kit) => {
    const before = structuredClone(kit.capabilities)
    await (await kit.fresh()).destroy()
    same(kit.adapter.capabilities, before, 'capabilities after use')
    same((await kit.other()).capabilities, before, 'capabilities of another instance')
  },

  'capabilities.templates': async (kit) => {
    const template = kit.capabilities.templates[0] ?? ''
    const sandbox = await kit.adapter.create({ template })
    kit.defer(async () => await sandbox.destroy())
    same((await sandbox.info()).template, template, 'template')
  },

  'capabilities.connected-same': async (kit) => {
    const sandbox = await kit.shared()
    const other = await kit.other()
    const again = await other.connect(sandbox.id)
    same(membersOf(again, other), membersOf(sandbox, kit.adapter), 'members of a connected handle')
  },
}
