import { z } from 'zod'
import type { Json } from './runner.ts'

/** Plain data as JSON: members that are `undefined` are left out. */
export function asJson(value: unknown): Json {
  return z.json().parse(JSON.parse(JSON.stringify(value)))
}
