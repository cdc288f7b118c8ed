import type { Program } from '../program.ts'
import { sh } from '../shell/sh.ts'
import { filePrograms } from './file.ts'
import { systemPrograms } from './system.ts'
import { textPrograms } from './text.ts'

/** What every memory sandbox has in `/bin`. */
export const standardPrograms: Readonly<Record<string, Program>> = {
  ...filePrograms,
  ...systemPrograms,
  ...textPrograms,
  bash: sh,
  sh,
}
