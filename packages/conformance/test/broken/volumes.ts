import { defaultVolumeBytes, type Volumes } from '@caisson/core'
import { type Broken, type Change, changeAdapter, changeSpec } from './wrap.ts'

const changeVolumes = (change: (volumes: Volumes) => Partial<Volumes>): Change =>
  changeAdapter(({ volumes }) => (volumes === undefined ? {} : { volumes: { ...volumes, ...change(volumes) } }))

export const brokenVolumes: readonly Broken[] = [
  {
    name: 'knows volumes by their names alone',
    breaks: ['volumes.organization'],
    change: (adapter) => {
      const owners = new Map<string, string>()
      return changeSpec((spec) => {
        const [mount] = spec.volumes ?? []
        const organization = spec.labels?.['organization']
        if (mount === undefined || organization === undefined) return spec
        const owner = owners.get(mount.name) ?? organization
        owners.set(mount.name, owner)
        return { ...spec, labels: { ...spec.labels, organization: owner } }
      })(adapter)
    },
  },
  {
    name: 'mounts what would hide the system elsewhere',
    breaks: ['volumes.names'],
    change: changeSpec((spec) =>
      spec.volumes === undefined
        ? spec
        : {
            ...spec,
            volumes: spec.volumes.map((mount) => ({ ...mount, path: mount.path.replace(/^\/etc/, '/data') })),
          },
    ),
  },
  {
    name: 'mounts volumes for writing that shall only be read',
    breaks: ['volumes.read-only'],
    change: changeSpec((spec) =>
      spec.volumes === undefined
        ? spec
        : { ...spec, volumes: spec.volumes.map((mount) => ({ ...mount, readOnly: false })) },
    ),
  },
  {
    name: 'gives volumes to nobody',
    breaks: ['volumes.nobody'],
    change: changeSpec((spec) =>
      (spec.volumes ?? []).length > 0 && spec.labels?.['organization'] === undefined
        ? { ...spec, labels: { ...spec.labels, organization: 'nobody' } }
        : spec,
    ),
  },
  {
    name: 'gives every sandbox volumes of its own',
    breaks: [
      'volumes.shared',
      'volumes.survive',
      'volumes.size',
      'volumes.read-only',
      'volumes.list',
      'volumes.remove',
      'volumes.remove-others',
      'volumes.in-use',
      'volumes.size-kept',
    ],
    change: (adapter) => {
      let made = 0
      return changeSpec((spec) => {
        if (spec.volumes === undefined || spec.volumes.length === 0) return spec
        made += 1
        const mounts = spec.volumes.map((mount) => ({ ...mount, name: `${mount.name}-${made}` }))
        return { ...spec, volumes: mounts }
      })(adapter)
    },
  },
  {
    name: 'does not hold the size of volumes',
    breaks: ['volumes.size', 'volumes.size-kept'],
    change: changeSpec((spec) =>
      spec.volumes === undefined
        ? spec
        : {
            ...spec,
            volumes: spec.volumes.map((mount) =>
              mount.sizeBytes === undefined ? mount : { ...mount, sizeBytes: defaultVolumeBytes },
            ),
          },
    ),
  },
  {
    name: 'says that it removed a volume and keeps it',
    breaks: ['volumes.remove', 'volumes.remove-others', 'volumes.in-use'],
    change: changeVolumes(() => ({ remove: async () => await Promise.resolve('removed') })),
  },
  {
    name: 'lists the volumes of everybody',
    breaks: ['volumes.list'],
    change: changeVolumes(({ list }) => ({ list: (_query, options) => list(undefined, options) })),
  },
]
