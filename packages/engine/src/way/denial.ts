import { type Decision, OperationError } from '@caisson/core'

const unknown = 'template-unknown'

/** Fields of an operation that alone can rule out every adapter, by the reason that says so. */
const fields: ReadonlyMap<string, string> = new Map([
  [unknown, 'template'],
  ['region', 'region'],
  ['ttl-too-long', 'timeoutMs'],
])

/** Why a denied operation is not run: what the policy says, or the field with which an adapter would be there. */
export function denial({ placement, reasons, candidates }: Decision): OperationError {
  const missing = placement.kind === 'denied' ? placement.missing : []
  const remedy = missing.length === 0 ? undefined : `what is missing: ${missing.join('; ')}`
  const alone = candidates.flatMap((candidate) => (candidate.reasons.length === 1 ? candidate.reasons : []))
  const template = alone.find(({ code }) => code === unknown)?.evidence
  if (template !== undefined && candidates.every(({ reasons }) => reasons.some(({ code }) => code === unknown))) {
    return new OperationError('denied', `no adapter has the template ${template}`, {
      field: 'template',
      remedy: 'choose another one, or make it with "caisson template build"',
    })
  }
  return new OperationError('denied', reasons[0]?.text ?? 'the policy denies it', {
    field: alone.map(({ code }) => fields.get(code)).find((field) => field !== undefined),
    remedy,
  })
}
