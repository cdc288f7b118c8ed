import { z } from 'zod'

/** An image of a container engine that is a template under a name. */
export interface ImageReference {
  readonly name: string
  readonly image: string
}

/** `NAME=IMAGE` with commas between them. */
export const imageReferencesSchema = z.string().transform((text, context): readonly ImageReference[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [, name, image] = /^([a-z0-9][a-z0-9-]{0,62})=(\S+)$/.exec(part) ?? []
      if (name !== undefined && image !== undefined) return { name, image }
      context.addIssue({
        code: 'custom',
        message: 'must look like python=registry.example.com/python:3,base=caisson/base',
      })
      return z.NEVER
    }),
)
