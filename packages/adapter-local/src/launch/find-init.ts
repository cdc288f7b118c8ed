import { identify, type ProcessIdentity } from '@caisson/adapter-kit'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stateFolder } from '../gvisor/runsc.ts'
import { sandboxVariable } from '../oci/config.ts'
import { sandboxDirectory, type Store } from '../record/store.ts'

/**
 * The first process of a sandbox whose creator died before it could record it. The runtime wrote its pid, which may be another's by now: it is believed
 * only when that process carries the sandbox's id.
 */
export async function findInit(store: Store, id: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(join(sandboxDirectory(store, id), 'init.pid'), 'latin1').catch(() => '')
  if (!/^[1-9]\d*\n?$/.test(text)) return undefined
  const init = identify(Number(text))
  if (init === undefined) return undefined
  const [environment, command] = await Promise.all(
    ['environ', 'cmdline'].map(async (name) => await readFile(`/proc/${init.pid}/${name}`, 'latin1').catch(() => '')),
  )
  const isContainer = environment?.split('\0').includes(`${sandboxVariable}=${id}`) === true
  // gVisor's kernel has no environment, and names where it keeps its state.
  const isGvisor = command?.split('\0').includes(`--root=${stateFolder(sandboxDirectory(store, id))}`) === true
  return isContainer || isGvisor ? init : undefined
}
