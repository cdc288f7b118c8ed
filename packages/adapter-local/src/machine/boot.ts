import { readFileSync } from 'node:fs'

/** Tells this boot of the machine from all others: nothing that ran under another one still lives. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
}

/** Milliseconds since boot, suspension included. Nobody can set this clock. */
export function uptimeMs(): number {
  return Math.round(Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * 1000)
}
