import { lchownSync, mkdirSync } from 'node:fs'
import type { User } from '../user.ts'
import { parentOf } from './paths.ts'

/** Creates a directory and those above it. Call it with the rights of whoever makes them; with an `owner` those that are new are given to them. */
export function makeDirectories(path: string, owner?: User): void {
  const first = mkdirSync(path, { recursive: true })
  if (first === undefined || owner === undefined) return
  for (let made = path; made.length >= first.length; made = parentOf(made)) lchownSync(made, owner.uid, owner.gid)
}
