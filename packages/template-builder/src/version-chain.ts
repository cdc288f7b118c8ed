import { baseImage, type Base } from './base.ts'
import { imageName } from './image.ts'
import { type Inputs, readInputs, versionOf } from './inputs.ts'
import type { TemplateSource } from './template-file.ts'

/** A template with the version that its sources would give now. */
export interface Wanted {
  readonly template: TemplateSource
  readonly inputs: Inputs
  readonly version: string
  readonly parentImage: string
}

/** What a template is made from, as an image that is there. */
export interface ParentImage {
  readonly version: string
  readonly image: string
}

/** What the sources of a template and its parents would give now, the outermost parent first. `from`: what the outermost one is made from, if not from the base. */
export async function wantedVersions(
  ancestry: readonly TemplateSource[],
  base: Base | undefined,
  from?: ParentImage,
): Promise<readonly Wanted[]> {
  const chain: Wanted[] = []
  let parent =
    from ??
    (base === undefined ? { version: 'none', image: 'scratch' } : { version: base.version, image: baseImage(base) })
  for (const template of ancestry) {
    const inputs = await readInputs(template, parent.version)
    const version = versionOf(inputs)
    chain.push({ template, inputs, version, parentImage: parent.image })
    parent = { version, image: imageName(template.name, version) }
  }
  return chain
}
