import { openSync, writeSync } from 'node:fs'
import { readSystemFile } from '../read-system-file.ts'

const path = '/proc/self/oom_score_adj'
const most = 1000
const own = readSystemFile(path)
/** Opened before the daemon forbids that anybody reads it, itself included. */
const score = openScore()

/**
 * Starts something that the kernel takes, and not the daemon, when memory runs out. A child inherits the score of its parent, so that there is no moment at which it
 * has the daemon's. Where it may not be written the kernel takes the biggest process, which is not the daemon.
 */
export function sacrifice<Child>(start: () => Child): Child {
  if (score === undefined || own === undefined) return start()
  writeSync(score, `${most}`)
  try {
    return start()
  } finally {
    writeSync(score, own)
  }
}

function openScore(): number | undefined {
  try {
    return openSync(path, 'r+')
  } catch {
    return undefined
  }
}
