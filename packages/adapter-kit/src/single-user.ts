import { type CallOptions, type FileOptions, restrict, type Sandbox, SandboxError } from '@caisson/core'

/**
 * The sandbox for one user only. Its root is the daemon's own and is given to nobody: who had it could end the daemon and with it the limits on time
 * and output.
 */
export function onlyUser(sandbox: Sandbox, name: string): Sandbox {
  /** `call`, once the user that its arguments name is the one there is. */
  const checked =
    <Arguments extends readonly unknown[], Result>(
      call: (...given: Arguments) => Promise<Result>,
      userIn: (...given: Arguments) => string | undefined,
    ) =>
    async (...given: Arguments): Promise<Result> => {
      const user = userIn(...given)
      if (user === undefined || user === name) return await call(...given)
      throw new SandboxError('unsupported', sandbox.adapter, `code and files belong to ${name} here, not to ${user}`, {
        field: 'user',
        remedy: 'leave the user out, or use an adapter with the feature users',
      })
    }
  const second = (_path: string, options?: FileOptions): string | undefined => options?.user
  const third = (_path: string, _more: unknown, options?: FileOptions): string | undefined => options?.user
  const { processes, files } = sandbox
  const single: Sandbox = {
    ...sandbox,
    processes: {
      ...processes,
      spawn: checked(processes.spawn, ({ user }, _options?: CallOptions) => user),
    },
    files: {
      read: checked(files.read, second),
      write: checked(files.write, third),
      stat: checked(files.stat, second),
      list: checked(files.list, second),
      makeDirectory: checked(files.makeDirectory, second),
      move: checked(files.move, third),
      remove: checked(files.remove, second),
      watch: checked(files.watch, second),
    },
    restricted: () => restrict(single),
  }
  return single
}
