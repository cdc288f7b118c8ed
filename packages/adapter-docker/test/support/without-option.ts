import type { Settings } from './run-container.ts'

type Host = Settings['HostConfig']

/** Changes of the settings of a container. */
export const host =
  (change: Partial<Host> | ((host: Host) => Partial<Host>)) =>
  (settings: Settings): Settings => ({
    ...settings,
    HostConfig: {
      ...settings.HostConfig,
      ...(typeof change === 'function' ? change(settings.HostConfig) : change),
    },
  })

export const withoutSecurity = (prefix: string) =>
  host(({ SecurityOpt }) => ({
    SecurityOpt: (SecurityOpt as string[]).filter((option) => !option.startsWith(prefix)),
  }))

export const withoutUlimit = (name: string) =>
  host(({ Ulimits }) => ({ Ulimits: (Ulimits ?? []).filter(({ Name }) => Name !== name) }))

export const tmpfs = (path: string, change: (text: string) => string) =>
  host(({ Tmpfs }) => ({ Tmpfs: { ...Tmpfs, [path]: change(Tmpfs?.[path] ?? '') } }))

export const withMount = (target: string, change: Partial<NonNullable<Host['Mounts']>[number]>) =>
  host(({ Mounts }) => ({
    Mounts: (Mounts ?? []).map((mount) => (mount.Target === target ? Object.assign({}, mount, change) : mount)),
  }))

const withoutBind = (option: string) =>
  host(({ Binds }) => ({
    Binds: (Binds ?? []).map((bind) => {
      const [volume, path, given = ''] = bind.split(':')
      return `${volume}:${path}:${given
        .split(',')
        .filter((each) => each !== option)
        .join(',')}`
    }),
  }))

/** How each engine is told of volumes. */
export const volumeOption = { docker: 'Mounts', podman: 'Binds' } as const
export const withoutVolume = {
  docker: (change: Parameters<typeof withMount>[1]) => withMount('/etc/skel', change),
  podman: (_: unknown, option: string) => withoutBind(option),
} as const
