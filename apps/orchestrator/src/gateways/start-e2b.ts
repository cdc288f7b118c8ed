import { createE2bGateway, type E2bGateway, type RecordKind } from '@caisson/compat-e2b'
import { secondMs } from '@caisson/core'
import type { Config } from '../config.ts'
import { repeat } from '../services/repeat.ts'
import { serviceSecret } from '../store/service-secret.ts'
import { createGatewayHost, type GatewayHostParts } from './gateway-host.ts'
import { listenAlone } from './listen.ts'
import { createTemplateBuilds } from './template-builds.ts'

const tidyEveryMs = 15 * secondMs

/** The gateway for E2B's clients, and its own port if it has one. Disposing it leaves the sandboxes alone. */
export async function startE2b({
  config,
  ...parts
}: GatewayHostParts & { readonly config: Config }): Promise<AsyncDisposable & { readonly gateway: E2bGateway }> {
  await using started = new AsyncDisposableStack()
  const gateway = started.use(
    createE2bGateway({
      host: createGatewayHost<RecordKind>(parts, { through: 'e2b', kindOf: (kind) => kind }),
      secret: await serviceSecret(parts.database, 'e2b'),
      domain: config.e2b.domain,
      builds: config.e2b.builds ? createTemplateBuilds({ ...config, ...parts }) : undefined,
    }),
  )
  started.use(repeat(gateway.tidy, tidyEveryMs, parts.logger))
  const { port, tls } = config.e2b
  if (port !== undefined) {
    const { url } = started.use(
      await listenAlone(gateway, { host: config.host, port, portVariable: 'CAISSON_E2B_PORT', tls }),
    )
    parts.logger.info({ url, domain: config.e2b.domain }, "E2B's clients are served")
  }
  const running = started.move()
  return { gateway, [Symbol.asyncDispose]: async () => await running.disposeAsync() }
}
