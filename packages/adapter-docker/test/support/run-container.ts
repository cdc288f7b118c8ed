import type Docker from 'dockerode'
import type { ContainerCreateOptions, HostConfig } from 'dockerode'
import type { EngineKind } from './engines.ts'

export type Settings = ContainerCreateOptions & { readonly HostConfig: HostConfig }

/** A log that can be read again. */
export function logOf(kind: EngineKind): string {
  return kind === 'podman' ? 'k8s-file' : 'json-file'
}

/** What a Python program prints in a container of these settings, and how it ends. The container is gone afterwards. */
export async function runPython(
  { docker, kind }: { readonly docker: Docker; readonly kind: EngineKind },
  settings: Settings,
  program: { readonly code: string; readonly user: string | undefined },
): Promise<string> {
  const container = await docker.createContainer({
    ...settings,
    Entrypoint: ['/usr/bin/python3', '-c', program.code],
    Cmd: [],
    ...(program.user === undefined ? {} : { User: program.user }),
    OpenStdin: false,
    StdinOnce: false,
    AttachStdin: false,
    HostConfig: {
      ...settings.HostConfig,
      AutoRemove: false,
      LogConfig: { Type: logOf(kind), Config: {} },
    },
  })
  try {
    await container.start()
    const { StatusCode } = await container.wait()
    const logs = await container.logs({ stdout: true, stderr: true })
    return `${plain(logs)}\nexit ${StatusCode}`
  } finally {
    await container.remove({ force: true, v: true })
  }
}

/** The text of a log without the engine's eight bytes before each piece. */
function plain(log: Buffer): string {
  const parts: Buffer[] = []
  for (let at = 0; at + 8 <= log.byteLength;) {
    const size = log.readUInt32BE(at + 4)
    parts.push(log.subarray(at + 8, at + 8 + size))
    at += 8 + size
  }
  return Buffer.concat(parts).toString('utf8')
}
