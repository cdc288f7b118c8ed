/** Paths of the data plane's remote procedures. `wait` and `cancel` are extensions. */
export const procedures = {
  list: '/process.Process/List',
  start: '/process.Process/Start',
  connect: '/process.Process/Connect',
  update: '/process.Process/Update',
  sendInput: '/process.Process/SendInput',
  streamInput: '/process.Process/StreamInput',
  sendSignal: '/process.Process/SendSignal',
  closeStdin: '/process.Process/CloseStdin',
  wait: '/process.Process/Wait',
  cancel: '/process.Process/Cancel',
  stat: '/filesystem.Filesystem/Stat',
  makeDir: '/filesystem.Filesystem/MakeDir',
  move: '/filesystem.Filesystem/Move',
  listDir: '/filesystem.Filesystem/ListDir',
  remove: '/filesystem.Filesystem/Remove',
  watchDir: '/filesystem.Filesystem/WatchDir',
  createWatcher: '/filesystem.Filesystem/CreateWatcher',
  getWatcherEvents: '/filesystem.Filesystem/GetWatcherEvents',
  removeWatcher: '/filesystem.Filesystem/RemoveWatcher',
} as const

/** Header that carries the access token of a sandbox. */
export const accessTokenHeader = 'x-access-token'

/** Extension: the system's name of what went wrong, where the body of a failure is plain text. */
export const errnoHeader = 'caisson-errno'

/**
 * Extension: a WebSocket on which processes and cells are started. Many can be under way at once. What is over within a moment costs a single message each way, and
 * no HTTP: that is most of what starting `true` costs.
 */
export const launchesPath = '/launches'

/** Longest message that either side takes there. What is longer goes through `Start` or `POST /execute`. */
export const launchMessageBytes = 1024 * 1024

/**
 * Extension: a WebSocket by which a host offers the sandbox a way out. It carries connections as `createMultiplexer` does: the daemon opens one for each that a
 * program makes to the sandbox's proxy.
 */
export const egressPath = '/egress'

/** Most connections that lead out of a sandbox at one time. */
export const mostEgressConnections = 128
