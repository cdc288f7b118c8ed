import { z } from 'zod'

/** The ladder of isolation, weakest first. An adapter declares the rung that it truly reaches. */
export const isolationLevels = ['none', 'process', 'container', 'gvisor', 'microvm'] as const
export const isolationLevelSchema = z.enum(isolationLevels)
export type IsolationLevel = z.infer<typeof isolationLevelSchema>

/** Negative when `left` is weaker than `right`, zero when equal, positive when stronger. */
export function compareIsolation(left: IsolationLevel, right: IsolationLevel): number {
  return isolationLevels.indexOf(left) - isolationLevels.indexOf(right)
}
