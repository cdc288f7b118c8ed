import { freshId } from '@caisson/core'
import { once } from 'node:events'
import { closeSync, constants, openSync } from 'node:fs'
import { rename, symlink } from 'node:fs/promises'
import type { Server } from 'node:http'
import { basename, dirname } from 'node:path'

/**
 * Binds under a name of its own and turns the link that sandboxes follow to it in one step: a gateway that closes later than its successor
 * opened removes only its own. The directory is named by a descriptor, since the names of sockets are short. It does not keep the program running.
 * Resolves with what the link says then.
 */
export async function listen(server: Server, path: string): Promise<string> {
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  const name = `gateway-${freshId()}.sock`
  try {
    server.listen({ path: `/proc/self/fd/${directory}/${name}`, readableAll: true, writableAll: true })
    await once(server, 'listening')
    const link = `${dirname(path)}/${freshId()}`
    await symlink(name, link)
    await rename(link, `${dirname(path)}/${basename(path)}`)
  } finally {
    closeSync(directory)
  }
  server.unref()
  return name
}
