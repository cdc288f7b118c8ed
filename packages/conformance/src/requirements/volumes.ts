import type { Requirement } from '../requirement.ts'

export const volumeRequirements: readonly Requirement[] = [
  {
    id: 'volumes.shared',
    source: 'SandboxSpec.volumes',
    behaviour: 'Sandboxes of one organization see at once what any of them writes into a volume, and may change it.',
    needs: ['volumes'],
  },
  {
    id: 'volumes.survive',
    source: 'Volumes',
    behaviour: 'Files in a volume are there after all sandboxes that mounted it are gone.',
    needs: ['volumes'],
  },
  {
    id: 'volumes.organization',
    source: 'VolumeKey',
    behaviour: 'The same name in another organization is another volume.',
    needs: ['volumes'],
  },
  {
    id: 'volumes.nobody',
    source: 'SandboxSpec.volumes',
    behaviour: 'Volumes without the label organization are an invalid argument.',
    needs: ['volumes'],
  },
  {
    id: 'volumes.names',
    source: 'SandboxSpec.volumes',
    behaviour: 'Names and paths that would lead elsewhere, hide the system or overlap are an invalid argument.',
    needs: ['volumes'],
  },
  {
    id: 'volumes.read-only',
    source: 'SandboxSpec.volumes',
    behaviour: 'A volume mounted for reading only can be read and not be changed.',
    needs: ['volumes'],
  },
  {
    id: 'volumes.list',
    source: 'Volumes.list',
    behaviour: 'The volumes of an organization are listed, by every instance, and those of others are not.',
    needs: ['volumes'],
  },
  {
    id: 'volumes.remove',
    source: 'Volumes.remove',
    behaviour: 'A removed volume is gone with its files; a second removal finds nothing.',
    needs: ['volumes'],
  },
  {
    id: 'volumes.remove-others',
    source: 'Volumes.remove',
    behaviour: 'Removing a name in one organization leaves the volume of another alone.',
    needs: ['volumes'],
  },
  {
    id: 'volumes.in-use',
    source: 'Volumes.remove',
    behaviour: 'A volume that a living sandbox has mounted is not removed: that is a conflict.',
    needs: ['volumes'],
  },
  {
    id: 'volumes.size',
    source: 'SandboxSpec.volumes',
    behaviour: 'A volume holds its size for all sandboxes together: writing beyond fails with no-space.',
    needs: ['volumes', 'volume'],
  },
  {
    id: 'volumes.size-kept',
    source: 'SandboxSpec.volumes',
    behaviour: 'Another size than that with which a volume was made is a conflict.',
    needs: ['volumes', 'volume'],
  },
]
