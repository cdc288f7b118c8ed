import { z } from 'zod'
import { int64Schema } from './schemas.ts'

const pathSchema = z.string()

const entryTypeSchema = z
  .enum(['FILE_TYPE_UNSPECIFIED', 'FILE_TYPE_FILE', 'FILE_TYPE_DIRECTORY', 'FILE_TYPE_SYMLINK'])
  .default('FILE_TYPE_UNSPECIFIED')

export const entryInfoSchema = z.object({
  name: z.string(),
  type: entryTypeSchema,
  path: z.string(),
  size: int64Schema.default(0),
  /** Permission bits. */
  mode: z.int().min(0).max(0o7777).default(0),
  /** As `ls -l` shows them. */
  permissions: z.string().default(''),
  owner: z.string().default(''),
  group: z.string().default(''),
  /** RFC 3339. */
  modifiedTime: z.iso.datetime({ offset: true }).optional(),
  /** Where a link leads, from the root. */
  symlinkTarget: z.string().optional(),
  /** Beyond E2B: what is written in a link. */
  caisson: z.object({ linkTarget: z.string().optional() }).optional(),
  /** Extended attributes `user.e2b.*`, without that prefix. */
  metadata: z.record(z.string(), z.string()).optional(),
})
export type EntryInfo = z.input<typeof entryInfoSchema>

/** Request of `Stat`, `MakeDir` and `Remove`. */
export const pathRequestSchema = z.object({ path: pathSchema })
export type PathRequest = z.input<typeof pathRequestSchema>
export const moveRequestSchema = z.object({ source: pathSchema, destination: pathSchema })
export type MoveRequest = z.input<typeof moveRequestSchema>
export const listDirRequestSchema = z.object({ path: pathSchema, depth: z.int().min(0).max(0xffff_ffff).optional() })
export type ListDirRequest = z.input<typeof listDirRequestSchema>
/** Request of `WatchDir` and `CreateWatcher`. */
export const watchRequestSchema = z.object({
  path: pathSchema,
  recursive: z.boolean().optional(),
  /** Whether events describe what they are about, as far as it is still there. */
  includeEntry: z.boolean().optional(),
})
export type WatchRequest = z.input<typeof watchRequestSchema>
/** Request of `GetWatcherEvents` and `RemoveWatcher`. */
export const watcherRequestSchema = z.object({ watcherId: z.string() })
export type WatcherRequest = z.input<typeof watcherRequestSchema>

/** Answer of `Stat`, `MakeDir` and `Move`. */
export const entryResponseSchema = z.object({ entry: entryInfoSchema })
export type EntryResponse = z.input<typeof entryResponseSchema>
export const listDirResponseSchema = z.object({ entries: z.array(entryInfoSchema).default([]) })
export type ListDirResponse = z.input<typeof listDirResponseSchema>
/** Answer of `Remove`. `caisson` is an extension: E2B does not say whether there was something. */
export const removeResponseSchema = z.object({ caisson: z.object({ removed: z.boolean() }).optional() })
export type RemoveResponse = z.input<typeof removeResponseSchema>
export const createWatcherResponseSchema = z.object({ watcherId: z.string() })
export type CreateWatcherResponse = z.input<typeof createWatcherResponseSchema>

export const fileEventTypes = [
  'EVENT_TYPE_CREATE',
  'EVENT_TYPE_WRITE',
  'EVENT_TYPE_REMOVE',
  'EVENT_TYPE_RENAME',
  'EVENT_TYPE_CHMOD',
] as const
export const filesystemEventSchema = z.object({
  /** Relative to the watched directory. */
  name: z.string(),
  type: z.enum(fileEventTypes),
  entry: entryInfoSchema.optional(),
})
export type FilesystemEvent = z.input<typeof filesystemEventSchema>

/** Message of the stream of `WatchDir`. The first is always `start`. */
export const watchDirEventSchema = z.union([
  z.object({ start: z.object({}) }),
  z.object({ filesystem: filesystemEventSchema }),
  z.object({ keepalive: z.object({}) }),
])
export type WatchDirEvent = z.input<typeof watchDirEventSchema>

export const getWatcherEventsResponseSchema = z.object({ events: z.array(filesystemEventSchema).default([]) })
export type GetWatcherEventsResponse = z.input<typeof getWatcherEventsResponseSchema>
