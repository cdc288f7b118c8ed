import Docker from 'dockerode'
import { join } from 'node:path'
import { baseImage, type EngineKind, importImage } from './engines.ts'
import { makeOrdinaryUser, missingProgram, type OrdinaryUser, untilEngineAnswers } from './ordinary-user.ts'

/** An engine as an ordinary user, who goes with it. */
export interface RootlessEngine extends AsyncDisposable {
  readonly socketPath: string
  readonly image: string
}

const programs = {
  docker: { useradd: 'docker', newuidmap: 'docker', dockerd: 'docker', rootlesskit: 'docker' },
  podman: { useradd: 'podman', newuidmap: 'podman', podman: 'podman' },
} as const

/** Why there is none here. */
export function rootlessMissing(kind: EngineKind): string | undefined {
  return missingProgram(programs[kind])
}

/** `registry` is spoken to without TLS, which engines do with none unless they are told, or with all of this machine. */
export async function startRootless(kind: EngineKind, registry: string): Promise<RootlessEngine> {
  const user = makeOrdinaryUser(kind)
  try {
    const socketPath = join(user.run, `${kind}.sock`)
    user.write('.config/containers/registries.conf', `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`)
    const ended = user.start(kind === 'docker' ? dockerCommand(user, socketPath) : podmanCommand(user, socketPath))
    const docker = new Docker({ socketPath })
    await untilEngineAnswers(async () => await docker.ping(), ended)
    const image = await importImage(kind, docker, await baseImage())
    return { socketPath, image, [Symbol.asyncDispose]: user[Symbol.asyncDispose] }
  } catch (error) {
    await user[Symbol.asyncDispose]()
    throw error
  }
}

function podmanCommand({ home, run }: OrdinaryUser, socketPath: string): readonly string[] {
  const places = ['--root', join(home, 'storage'), '--runroot', join(run, 'storage'), '--tmpdir', join(run, 'tmp')]
  const ways = ['--cgroup-manager', 'cgroupfs', '--events-backend', 'file', '--runtime', '/usr/sbin/runc']
  const serve = ['system', 'service', '--time', '0', `unix://${socketPath}`]
  return ['podman', ...ways, '--storage-driver', 'overlay', ...places, ...serve]
}

/** In a user namespace with copies of the directories that the engine writes into. */
function dockerCommand({ home, run, write }: OrdinaryUser, socketPath: string): readonly string[] {
  const places = `--data-root ${home}/docker --exec-root ${run}/exec --pidfile ${run}/pid`
  const network = '--bridge=none --iptables=false --ip6tables=false'
  const script = write(
    'dockerd.sh',
    `rm -f /run/docker /run/containerd /run/xtables.lock
exec dockerd --rootless --host unix://${socketPath} --storage-driver overlay2 ${places} ${network}
`,
  )
  return ['rootlesskit', '--net=host', '--copy-up=/etc', '--copy-up=/run', '--propagation=rslave', 'sh', script]
}
