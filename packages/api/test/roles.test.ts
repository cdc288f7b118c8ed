import { isOperationError } from '@caisson/core'
import { describe, expect, it } from 'vitest'
import { type Role, roles } from '../src/schemas/index.ts'
import { contextOf } from './support/fake-services.ts'
import { callProcedure, procedures } from './support/procedures.ts'

const notForAgents: Record<string, Role> = {
  'approvals.deny': 'operator',
  'approvals.grant': 'operator',
  'approvals.show': 'operator',
  'policies.put': 'admin',
  'policies.choose': 'admin',
  'policies.replay': 'operator',
  'hooks.create': 'admin',
  'hooks.list': 'admin',
  'hooks.remove': 'admin',
  'sandboxes.destroy': 'operator',
  'keys.create': 'admin',
  'keys.list': 'admin',
  'keys.revoke': 'admin',
  'keys.rotate': 'admin',
  'quotas.set': 'admin',
  'budgets.set': 'admin',
  cost: 'operator',
  'audit.list': 'operator',
  'audit.head': 'operator',
}

async function refusal(name: string, role: Role | undefined): Promise<string | undefined> {
  try {
    await callProcedure(name, { nonsense: true }, contextOf(role))
    return undefined
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    return isOperationError(cause) ? cause.code : 'let in'
  }
}

describe.each(procedures)('$name', ({ name, inputs, output, meta }) => {
  it('lets nobody in without a key, before it looks at the input', async () => {
    expect(await refusal(name, undefined)).toBe('unauthenticated')
  })

  it('is open from its role on and closed below', async () => {
    const needed = notForAgents[name] ?? 'agent'
    expect(meta.role).toBe(needed)
    for (const role of roles) {
      expect(await refusal(name, role), role).toBe(roles.indexOf(role) < roles.indexOf(needed) ? 'forbidden' : 'let in')
    }
  })

  it('checks what comes in and what goes out', () => {
    expect(inputs).toHaveLength(1)
    expect(output).toBeDefined()
  })
})
