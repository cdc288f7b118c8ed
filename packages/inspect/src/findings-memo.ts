import { createHash } from 'node:crypto'
import type { Finding } from '@caisson/core'
import type { Part } from './collect-parts.ts'

/** What was found in a part before: the same part has the same findings. */
export interface FindingsMemo {
  /** What the part is kept under; `undefined`: it is not kept. */
  readonly keyOf: (part: Part, scope: string | undefined) => string | undefined
  readonly get: (key: string) => readonly Finding[] | undefined
  readonly set: (key: string, findings: readonly Finding[]) => void
}

const mostParts = 512
/** Larger ones are rare, and would cost more to know again. */
const mostCharacters = 64 * 1024
const mostFindings = 50

/** Keeps the last ones asked for. Apart by scope, so that nobody learns by the clock what others had inspected. */
export function createFindingsMemo(): FindingsMemo {
  const kept = new Map<string, readonly Finding[]>()
  return {
    keyOf: (part, scope) => {
      if (scope === undefined || charactersOf(part) > mostCharacters) return undefined
      return createHash('sha256')
        .update(JSON.stringify([scope, part]))
        .digest('base64')
    },
    get: (key) => {
      const findings = kept.get(key)
      if (findings === undefined) return undefined
      kept.delete(key)
      kept.set(key, findings)
      return findings
    },
    set: (key, findings) => {
      // What was not looked at to its end may be next time.
      if (findings.length > mostFindings || findings.some(({ code }) => code === 'inspection.incomplete')) return
      kept.set(key, findings)
      const [oldest] = kept.keys()
      if (kept.size > mostParts && oldest !== undefined) kept.delete(oldest)
    },
  }
}

function charactersOf(part: Part): number {
  switch (part.kind) {
    case 'code':
    case 'text':
      return part.text.length
    case 'command':
      return part.argv.reduce((total, word) => total + word.length, 0)
    case 'file': {
      const { content } = part
      if ('text' in content) return content.text.length
      return 'base64' in content ? content.base64.length : Number.POSITIVE_INFINITY
    }
  }
}
