import type { CallOptions } from './call-options.ts'

export interface FileInfo {
  readonly name: string
  /** Absolute, as seen in the sandbox. */
  readonly path: string
  /** Symbolic links are not followed. */
  readonly type: 'file' | 'directory' | 'symlink' | 'other'
  readonly sizeBytes: number
  /** Permission bits, at most 0o7777. */
  readonly mode: number
  readonly owner: string
  readonly group: string
  readonly modifiedAtMs: number
  /** Where a symbolic link points, as written in it; as a whole path where a provider tells only that. */
  readonly target?: string | undefined
}

export interface FileOptions extends CallOptions {
  /** Acts with this user's rights. Default: the template's user. */
  readonly user?: string | undefined
}

export interface FileEvent {
  readonly type: 'create' | 'write' | 'remove' | 'rename' | 'chmod'
  /** Relative to the watched directory. */
  readonly path: string
}

/** A running watch. Disposing it stops it; so does the end of the sandbox, which ends the iteration with `sandbox-not-found`. */
export interface FileWatch extends AsyncIterable<FileEvent>, AsyncDisposable {}

/**
 * The files of a sandbox, seen from inside it: paths are resolved there and never on the host, so a symbolic link
 * leads where it leads for the sandbox. Paths are absolute, or relative to the user's home; `~` is the home. An empty path
 * or one with NUL is `invalid-argument`.
 */
export interface Files {
  /** Streams a regular file. Anything else is `is-a-directory` or `invalid-argument`, at once and without waiting for a pipe. */
  readonly read: (path: string, options?: FileOptions) => Promise<ReadableStream<Uint8Array>>
  /**
   * Replaces or creates a file, parents included, owned by the user, mode 0644 unless given. Resolves when the last byte is
   * stored; when it rejects, a file that was there before may be cut short. A full disk is `no-space`.
   */
  readonly write: (
    path: string,
    data: Uint8Array | ReadableStream<Uint8Array>,
    options?: FileOptions & { readonly mode?: number | undefined },
  ) => Promise<FileInfo>
  readonly stat: (path: string, options?: FileOptions) => Promise<FileInfo>
  /** The entries below a directory in lexical order, `depth` levels deep (default 1). Links are listed and not followed. */
  readonly list: (
    path: string,
    options?: FileOptions & { readonly depth?: number | undefined },
  ) => Promise<readonly FileInfo[]>
  /** Creates a directory and its parents. A file of that name is `path-exists`. */
  readonly makeDirectory: (path: string, options?: FileOptions) => Promise<'created' | 'exists'>
  /** Renames, replacing a file that is there; parents of `to` are created. */
  readonly move: (from: string, to: string, options?: FileOptions) => Promise<FileInfo>
  /** Removes a file or a whole directory. Idempotent. */
  readonly remove: (path: string, options?: FileOptions) => Promise<'removed' | 'absent'>
  /** Events from the moment it resolves. With `recursive` also in directories that come later. Feature `watch`. */
  readonly watch: (
    path: string,
    options?: FileOptions & { readonly recursive?: boolean | undefined },
  ) => Promise<FileWatch>
}
