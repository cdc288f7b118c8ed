import { describe, expect, it } from 'vitest'
import { egressOf } from '../src/control/egress.ts'

const open = { host: '*', port: 'any' } as const

describe("E2B's network options as a policy", () => {
  it('opens the internet unless it is told otherwise', () => {
    expect(egressOf(undefined, true).wished).toEqual({ mode: 'allow', rules: [open], deny: [] })
    expect(egressOf(undefined, false)).toEqual({ needed: { mode: 'allow', rules: [] } })
    expect(egressOf({ denyOut: ['0.0.0.0/0'] }, true)).toEqual({ needed: { mode: 'allow', rules: [] } })
  })

  it('lets what is allowed win over what is denied', () => {
    const { needed, wished } = egressOf({ allowOut: ['1.1.1.1', '10.0.0.0/8'], denyOut: ['1.0.0.0/8'] }, true)
    const rules = [
      { host: '1.1.1.1/32', port: 'any' },
      { host: '10.0.0.0/8', port: 'any' },
    ]
    expect(needed).toEqual({ mode: 'allow', rules })
    expect(wished).toEqual({ mode: 'allow', rules: [...rules, open], deny: ['1.0.0.0/8'] })
    expect(egressOf({ allowOut: ['::/0'], denyOut: ['0.0.0.0/0'] }, true).wished?.mode).toBe('allow')
  })

  it('leads names to the ports of the web', () => {
    expect(egressOf({ allowOut: ['*.example.com'], denyOut: ['0.0.0.0/0'] }, true)).toEqual({
      needed: { mode: 'allow', rules: [80, 443].map((port) => ({ host: '*.example.com', port })) },
    })
  })
})
