import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { requirements } from '../requirements/requirements.ts'
import { runConformance } from '../run-conformance.ts'
import type { ConformanceTarget } from '../target.ts'
import { parseCommandLine, UsageError, usage } from './options.ts'
import { colored, plain, requirementLines, resultLines, totals } from './print.ts'

export interface CliOutput {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly color: boolean
}

/** The command line. Resolves to the exit code. */
export async function runCli(argv: readonly string[], output: CliOutput): Promise<number> {
  const paint = output.color ? colored : plain
  try {
    const { module, only, json, list, help } = parseCommandLine(argv)
    if (help) {
      output.stdout(usage)
      return 0
    }
    if (list) {
      output.stdout(json ? `${JSON.stringify(requirements, null, 2)}\n` : requirementLines(requirements, paint))
      return 0
    }
    const target = await loadTarget(module ?? '')
    const report = await runConformance(target, {
      only,
      onResult: (result) => {
        if (!json) output.stdout(resultLines(result, paint))
      },
    })
    output.stdout(json ? `${JSON.stringify(report, null, 2)}\n` : totals(report, paint))
    return report.passed ? 0 : 1
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    output.stderr(`conformance: ${error.message}\n${usage}`)
    return 2
  }
}

async function loadTarget(path: string): Promise<ConformanceTarget> {
  let loaded: { readonly default?: unknown }
  try {
    loaded = await import(pathToFileURL(resolve(path)).href)
  } catch (error) {
    throw new UsageError(`${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!isTarget(loaded.default)) throw new UsageError(`${path} has no conformance target as its default export`)
  return loaded.default
}

function isTarget(value: unknown): value is ConformanceTarget {
  if (typeof value !== 'object' || value === null) return false
  return 'name' in value && 'createAdapter' in value && typeof value.createAdapter === 'function'
}
