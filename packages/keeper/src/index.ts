export { byEnvironment, byInput, readyLine } from './environment.ts'
export { type KeeperCommand, type KeeperLink, type Relay, type RelayEvents } from './link.ts'
export { checkPort, createKeeperPorts } from './ports.ts'
export { createKeeperProcesses, type KeeperProcesses } from './processes.ts'
