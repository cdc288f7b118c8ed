import type { Resources } from '@caisson/core'
import type { EngineFacts } from './engine-facts.ts'
import type { TemplateImage } from './image.ts'

/** The size to ask for, so that a sandbox can write what it may: some drivers count what the image holds, too. */
export function layerBytes({ storageDriver }: EngineFacts, image: TemplateImage, resources: Resources): number {
  const countsImage = ['btrfs', 'zfs'].includes(storageDriver)
  return resources.diskBytes + (countsImage ? image.sizeBytes : 0)
}
