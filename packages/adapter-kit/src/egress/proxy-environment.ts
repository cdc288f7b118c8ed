import type { Environment } from '@caisson/core'

/** Where the daemon serves the way out; programs know it under either spelling. */
const proxyUrl = 'http://127.0.0.1:3128'
export const proxyEnvironment: Environment = {
  HTTP_PROXY: proxyUrl,
  HTTPS_PROXY: proxyUrl,
  http_proxy: proxyUrl,
  https_proxy: proxyUrl,
}
