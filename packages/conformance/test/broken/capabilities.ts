import { readdirSync, readFileSync } from 'node:fs'
import { isSandboxError, SandboxError, type SandboxSpec } from '@caisson/core'
import type { Program } from '../../src/memory/index.ts'
import { standardPrograms } from '../../src/memory/programs/standard-programs.ts'
import { directConnect } from '../memory-target.ts'
import {
  type Broken,
  type Change,
  changeAdapter,
  changeFiles,
  changeProcesses,
  changeSandbox,
  changeSpec,
} from './wrap.ts'

/** Throws every error of the file and process calls anew. */
const changeErrors = (change: (error: SandboxError) => SandboxError): Change => {
  const attempt = async <Value>(call: () => Promise<Value>): Promise<Value> => {
    try {
      return await call()
    } catch (error) {
      throw isSandboxError(error) ? change(error) : error
    }
  }
  const files = changeFiles(({ stat }) => ({
    stat: async (path, options) => await attempt(async () => await stat(path, options)),
  }))
  const processes = changeProcesses(({ spawn }) => ({
    spawn: async (spec, options) => await attempt(async () => await spawn(spec, options)),
  }))
  return (adapter) => files(processes(adapter))
}

function withoutHeaders(spec: SandboxSpec): SandboxSpec {
  return spec.egress?.mode === 'allow' ? { ...spec, egress: { ...spec.egress, headers: [] } } : spec
}

/** Shows the processes of the host beside those of the sandbox. */
const cat: Program = async (context) => {
  const code = (await standardPrograms['cat']?.(context)) ?? 1
  if (!context.argv.some((word) => word.endsWith('/cmdline'))) return code
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      await context.stdout.write(readFileSync(`/proc/${pid}/cmdline`))
    } catch {
      // It ended in the meantime.
    }
  }
  return code
}

export const brokenCapabilities: readonly Broken[] = [
  {
    name: 'has a member that it does not declare',
    breaks: ['capabilities.undeclared-absent'],
    change: changeSandbox(() => ({ desktop: { url: async () => await Promise.resolve('http://localhost') } })),
  },
  {
    name: 'declares a member that it does not have',
    breaks: ['capabilities.declared-present'],
    change: changeAdapter(({ capabilities }) => ({
      capabilities: { ...capabilities, features: [...capabilities.features, 'desktop'] },
    })),
  },
  {
    name: 'ignores volumes in silence',
    breaks: ['capabilities.undeclared-refused'],
    options: { without: ['volumes'] },
    change: changeSpec((spec) => ({ ...spec, volumes: [] })),
  },
  {
    name: 'names another adapter in its errors',
    breaks: ['errors.typed'],
    change: changeErrors(
      (error) => new SandboxError(error.code, 'other', error.message, { field: error.field, cause: error }),
    ),
  },
  {
    name: 'destroys what shall be paused',
    breaks: ['pause.on-expiry'],
    change: changeSpec((spec) => ({ ...spec, onExpiry: 'destroy' })),
  },
  {
    name: 'leaves the old egress policy in place',
    breaks: ['egress.replaced'],
    change: changeSandbox(() => ({ setEgress: async () => await Promise.resolve() })),
  },
  {
    name: 'puts no headers into requests, and does not say so',
    breaks: ['egress.headers'],
    change: changeSpec(withoutHeaders),
  },
  {
    name: 'ignores headers in silence',
    breaks: ['capabilities.undeclared-refused'],
    options: { without: ['egress-headers'] },
    change: changeSpec(withoutHeaders),
  },
  {
    name: "shares the host's network",
    breaks: ['isolation.host-network'],
    options: { programs: { connect: directConnect } },
  },
  { name: "shows the host's processes", breaks: ['isolation.host-processes'], options: { programs: { cat } } },
]
