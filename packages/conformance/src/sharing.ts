import type { SandboxAdapter } from '@caisson/core'
import type { ConformanceTarget } from './target.ts'

/** Adapters over one service, such as an endpoint of the test's own: it starts with the first of them and ends with the last. */
export function sharing<Service extends AsyncDisposable>(
  start: () => Promise<Service>,
  createAdapter: (service: Service) => SandboxAdapter,
): ConformanceTarget['createAdapter'] {
  let users = 0
  let service: Promise<Service> | undefined
  return async () => {
    users += 1
    const adapter = createAdapter(await (service ??= start()))
    return {
      ...adapter,
      [Symbol.asyncDispose]: async () => {
        await adapter[Symbol.asyncDispose]()
        users -= 1
        if (users > 0) return
        await (await service)?.[Symbol.asyncDispose]()
        service = undefined
      },
    }
  }
}
