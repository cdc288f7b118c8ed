import { maskedPaths as maskedInProc } from '@caisson/adapter-kit'

/** What tells about the machine: covered by nothing at all. Control groups stay, in which the sandbox sees its own figures. */
export const maskedPaths: readonly string[] = [
  ...maskedInProc,
  '/etc/resolv.conf',
  '/sys/block',
  '/sys/bus',
  '/sys/class',
  '/sys/dev',
  '/sys/devices',
  '/sys/firmware',
  '/sys/hypervisor',
  '/sys/kernel',
  '/sys/module',
  '/sys/power',
]
