import { OperationError } from '@caisson/core'

/** What it means that a server cannot listen, with the variables of the environment that say where. Everything else stays what it is. */
export function fromListenError(
  error: unknown,
  { host, port, portVariable }: { readonly host: string; readonly port: number; readonly portVariable: string },
): unknown {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'EADDRINUSE':
      return new OperationError('conflict', `port ${port} of ${host} is taken`, {
        field: portVariable,
        remedy: `end what listens there, or choose another port with ${portVariable}`,
        cause: error,
      })
    case 'EACCES':
      return new OperationError('forbidden', `port ${port} of ${host} is only for root`, {
        field: portVariable,
        remedy: `choose a port from 1024 on with ${portVariable}`,
        cause: error,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new OperationError('invalid-operation', `${host} is no address of this machine`, {
        field: 'CAISSON_HOST',
        remedy: 'set CAISSON_HOST to one, such as 127.0.0.1, or to 0.0.0.0 for all',
        cause: error,
      })
    default:
      return error
  }
}
