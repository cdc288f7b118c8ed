import type { AgentSandbox } from './sandbox.ts'
import type { FileOptions } from './files.ts'
import { SandboxError } from './errors.ts'
import { concatBytes, decodeText } from './bytes.ts'
import { mib } from './units.ts'

/** A whole file, up to `limitBytes` (default 16 MiB); a larger one is `too-large`. */
export async function readFileBytes(
  sandbox: AgentSandbox,
  path: string,
  options: FileOptions & { readonly limitBytes?: number | undefined } = {},
): Promise<Uint8Array> {
  const { limitBytes = 16 * mib, ...rest } = options
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of await sandbox.files.read(path, rest)) {
    size += part.byteLength
    if (size > limitBytes) {
      throw new SandboxError('too-large', 'core', `${path} is larger than ${limitBytes} bytes`, {
        field: 'path',
        remedy: 'read it as a stream or raise limitBytes',
      })
    }
    parts.push(part)
  }
  return concatBytes(parts)
}

/** A whole file as text. Invalid UTF-8 becomes U+FFFD. */
export async function readFileText(
  sandbox: AgentSandbox,
  path: string,
  options?: FileOptions & { readonly limitBytes?: number | undefined },
): Promise<string> {
  return decodeText(await readFileBytes(sandbox, path, options))
}
