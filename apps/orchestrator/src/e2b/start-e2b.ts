import { createE2bGateway, type E2bGateway } from '@caisson/compat-e2b'
import { secondMs } from '@caisson/core'
import type { Config } from '../config.ts'
import { repeat } from '../services/repeat.ts'
import { serviceSecret } from '../store/service-secret.ts'
import { createE2bHost, type E2bHostParts } from './e2b-host.ts'
import { listenForE2b } from './listen.ts'

const tidyEveryMs = 15 * secondMs

/** The gateway for E2B's clients, and its own port if it has one. Disposing it leaves the sandboxes alone. */
export async function startE2b({
  config,
  ...parts
}: E2bHostParts & { readonly config: Config }): Promise<AsyncDisposable & { readonly gateway: E2bGateway }> {
  await using started = new AsyncDisposableStack()
  const gateway = started.use(
    createE2bGateway({
      host: createE2bHost(parts),
      secret: await serviceSecret(parts.database, 'e2b'),
      domain: config.e2b.domain,
    }),
  )
  started.use(repeat(gateway.tidy, tidyEveryMs, parts.logger))
  if (config.e2b.port !== undefined) {
    const { url } = started.use(await listenForE2b(gateway, config))
    parts.logger.info({ url, domain: config.e2b.domain }, "E2B's clients are served")
  }
  const running = started.move()
  return { gateway, [Symbol.asyncDispose]: async () => await running.disposeAsync() }
}
