import { z } from 'zod'

/** What follows is data to git, and never one of its options. */
export const plain = z
  .string()
  .min(1)
  .max(4096)
  .refine((value) => !value.startsWith('-') && !value.includes('\0'), 'must not begin with "-"')
export const pathSchema = z.string().min(1).max(4096)
export const filesSchema = z.array(z.string().min(1)).max(10_000)
export const credential = z.string().max(4096).optional()
