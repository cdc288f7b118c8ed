/** HTTP status of every Connect error code. */
export const connectStatus = {
  canceled: 499,
  unknown: 500,
  invalid_argument: 400,
  deadline_exceeded: 504,
  not_found: 404,
  already_exists: 409,
  permission_denied: 403,
  resource_exhausted: 429,
  failed_precondition: 400,
  aborted: 409,
  out_of_range: 400,
  unimplemented: 501,
  internal: 500,
  unavailable: 503,
  data_loss: 500,
  unauthenticated: 401,
} as const
export type ConnectCode = keyof typeof connectStatus

/** A failure that one side reports to the other. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError'
  readonly code: ConnectCode
  /** Name of the operating system's error underneath, such as `ENOTDIR`: an extension that tells apart what Connect's codes do not. */
  readonly errno: string | undefined

  constructor(code: ConnectCode, message: string, errno?: string) {
    super(message)
    this.code = code
    this.errno = errno
  }
}

/** The error as it stands in a unary response or in the end of a stream. */
export function connectErrorBody(error: ConnectError): Record<string, unknown> {
  return {
    code: error.code,
    message: error.message,
    ...(error.errno === undefined ? {} : { caisson: { errno: error.errno } }),
  }
}
