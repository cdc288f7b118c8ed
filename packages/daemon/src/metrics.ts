import { readFileSync, statfsSync } from 'node:fs'
import type { Metrics } from '@caisson/wire-e2b'

function readNumber(...paths: readonly string[]): number | undefined {
  for (const path of paths) {
    try {
      const value = Number.parseInt(readFileSync(path, 'utf8'), 10)
      if (Number.isSafeInteger(value)) return value
    } catch {
      // The other version of control groups, or none.
    }
  }
  return undefined
}

function readField(path: string, pattern: RegExp): number | undefined {
  try {
    const text = pattern.exec(readFileSync(path, 'utf8'))?.[1]
    return text === undefined ? undefined : Number(text)
  } catch {
    return undefined
  }
}

const control = '/sys/fs/cgroup'

/** What all processes of the sandbox may take together. */
export function readMemoryLimit(): number | undefined {
  return readNumber(`${control}/memory.max`, `${control}/memory/memory.limit_in_bytes`)
}

function readMemory(): { total: number; used: number; cache: number } {
  const kibibytes = (name: string): number =>
    (readField('/proc/meminfo', new RegExp(`^${name}:\\s+(\\d+)`, 'm')) ?? 0) * 1024
  const machine = kibibytes('MemTotal')
  const limit = readMemoryLimit() ?? machine
  const cache =
    readField(`${control}/memory.stat`, /^file (\d+)$/m) ??
    readField(`${control}/memory/memory.stat`, /^total_cache (\d+)$/m) ??
    kibibytes('Cached')
  const charged = readNumber(`${control}/memory.current`, `${control}/memory/memory.usage_in_bytes`)
  const used = charged === undefined ? machine - kibibytes('MemAvailable') : Math.max(0, charged - cache)
  return { total: Math.min(limit, machine), used, cache }
}

/** CPU time of all cores so far: busy and altogether, in ticks. */
function readTicks(): { busy: number; all: number } {
  try {
    const ticks = (/^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '').split(' ').map(Number)
    const all = ticks.reduce((sum, value) => sum + value, 0)
    return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all }
  } catch {
    return { busy: 0, all: 0 }
  }
}

/** Use at the moment of asking; CPU is averaged since the last time it was asked for. */
export function createMetrics(): () => Metrics {
  let before = readTicks()
  return () => {
    const now = readTicks()
    const passed = now.all - before.all
    const busy = passed > 0 ? (100 * (now.busy - before.busy)) / passed : 0
    before = now
    const memory = readMemory()
    const disk = statfsSync('/')
    return {
      ts: Math.floor(Date.now() / 1000),
      cpu_count: navigator.hardwareConcurrency,
      cpu_used_pct: Math.round(busy * 100) / 100,
      mem_total: memory.total,
      mem_used: memory.used,
      mem_cache: memory.cache,
      disk_used: (disk.blocks - disk.bfree) * disk.bsize,
      disk_total: disk.blocks * disk.bsize,
    }
  }
}
