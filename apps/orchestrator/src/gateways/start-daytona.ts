import { createDaytonaGateway, type DaytonaGateway, type RecordKind } from '@caisson/compat-daytona'
import { secondMs } from '@caisson/core'
import type { Config } from '../config.ts'
import { repeat } from '../services/repeat.ts'
import { serviceSecret } from '../store/service-secret.ts'
import { createGatewayHost, type GatewayHostParts } from './gateway-host.ts'
import { listenAlone } from './listen.ts'
import { createTemplateBuilds } from './template-builds.ts'

const keepUpEveryMs = 15 * secondMs

/** The gateway for Daytona's clients, and its own port if it has one. Disposing it leaves the sandboxes alone. */
export async function startDaytona({
  config,
  ...parts
}: GatewayHostParts & { readonly config: Config }): Promise<AsyncDisposable & { readonly gateway: DaytonaGateway }> {
  await using started = new AsyncDisposableStack()
  const { domain, publicUrl, port, ssh, builds } = config.daytona
  const gateway = started.use(
    createDaytonaGateway({
      host: createGatewayHost<RecordKind>(parts, { through: 'daytona', kindOf: (kind) => `daytona-${kind}` }),
      secret: await serviceSecret(parts.database, 'daytona'),
      domain,
      publicUrl,
      builds: builds ? createTemplateBuilds({ ...config, ...parts }) : undefined,
    }),
  )
  started.use(repeat(gateway.tidy, keepUpEveryMs, parts.logger))
  if (port !== undefined) {
    const { url } = started.use(
      await listenAlone(gateway, { host: config.host, port, portVariable: 'CAISSON_DAYTONA_PORT' }),
    )
    parts.logger.info({ url, domain }, "Daytona's clients are served")
  }
  if (ssh !== undefined) started.use(await gateway.listenForSsh({ host: config.host, ...ssh }))
  const running = started.move()
  return { gateway, [Symbol.asyncDispose]: async () => await running.disposeAsync() }
}
