import type { Services } from '../gateway-options.ts'
import { checkSignature } from './signature.ts'

/**
 * The sandbox whose token signed the address of a file that does not say which one it means, as clients build it that were given the address of
 * the whole data plane. Only sandboxes that this process has at hand can be found so.
 */
export function findSigned({ registry, tokens }: Services, method: string, query: URLSearchParams): string | undefined {
  const operation = method === 'POST' ? 'write' : 'read'
  const signer = registry
    .held()
    .find(({ record }) => checkSignature(query, operation, tokens.envd(record.id)) !== 'wrong')
  return signer?.record.id
}
