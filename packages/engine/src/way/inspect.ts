import { type Finding, maxInlineBytes, type Operation, type OrganizationId } from '@caisson/core'
import { inspectOperation } from '@caisson/inspect'
import type { Services } from '../services.ts'
import { readContent } from './resolve-content.ts'

/** What the operation's code and files contain. */
export async function inspect(
  { stores }: Pick<Services, 'stores'>,
  organization: OrganizationId,
  operation: Operation,
): Promise<readonly Finding[]> {
  return await inspectOperation(
    operation,
    async (content) =>
      await readContent(stores.artifacts, organization, { content, field: 'input', limitBytes: maxInlineBytes }),
    organization,
  )
}
