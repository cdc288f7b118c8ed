import type { OperationInput } from '@caisson/core'

export type Agents = Extract<OperationInput, { kind: 'agents.parallel' }>

/** Agents by name, each with a script of its own whose files `*.out` are kept. */
export function agents(codes: Readonly<Record<string, string>>, input: Partial<Agents['input']> = {}): Agents {
  return {
    kind: 'agents.parallel',
    input: {
      agents: Object.entries(codes).map(([name, code]) => ({
        name,
        task: { kind: 'code.execute', input: { language: 'bash', code, artifacts: ['*.out'] } },
      })),
      ...input,
    },
  }
}
