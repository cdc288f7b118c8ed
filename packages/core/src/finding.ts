import { z } from 'zod'

/** All that inspection can find. */
export const findingCodes = [
  'archive.bomb',
  'archive.encrypted',
  'archive.link',
  'archive.nested',
  'archive.opaque',
  'archive.path-traversal',
  'code.deserialize',
  'code.dynamic',
  'code.obfuscated',
  'code.unparsable',
  'document.embedded-file',
  'document.encrypted',
  'document.external',
  'document.form',
  'document.launch',
  'document.macro',
  'document.script',
  'environment.read',
  'file.destructive',
  'file.executable',
  'file.malformed',
  'file.polyglot',
  'file.sensitive',
  'file.type-mismatch',
  'file.unknown',
  'file.write-outside',
  'inspection.incomplete',
  'native.code',
  'network.access',
  'network.metadata',
  'network.reverse-shell',
  'process.bomb',
  'process.privilege',
  'process.spawn',
  'sandbox.escape',
  'secret.text',
  'text.hidden',
] as const
export type FindingCode = (typeof findingCodes)[number]

/** Something that inspection saw in code or a file, with the place where it saw it. */
export const findingSchema = z.strictObject({
  /** Stable and machine-readable: one of `findingCodes`, or one of another version's. */
  code: z.string().regex(/^[a-z]+(\.[a-z-]+)+$/),
  severity: z.enum(['info', 'risky', 'hostile']),
  message: z.string(),
  /** Which part of the operation: `input.code`, `input.files.0` … */
  place: z.string(),
  /** One-based; absent for binary content. */
  line: z.int().positive().optional(),
  /** At most 120 characters of what was seen. */
  excerpt: z.string().max(120).optional(),
})
export type Finding = z.infer<typeof findingSchema>
