import { decodeText } from '@caisson/core'
import { dialUnixSocket } from '../../src/index.ts'
import { connectSandbox } from './open-sandbox.ts'

/** Starts a process that writes for a while, reads some of its output, tells how far it got, and hangs on until it is killed. */
const [directory = '', accessToken = ''] = process.argv.slice(2)
const sandbox = connectSandbox({ accessToken }, () => dialUnixSocket(directory, 'daemon.sock'))
const script = 'for i in $(seq 30); do seq $((i * 100 - 99)) $((i * 100)); sleep 0.01; done'
const child = await sandbox.processes.spawn({ argv: ['sh', '-c', script] })
let read = ''
for await (const { offset, bytes } of child.output) {
  read += decodeText(bytes)
  const position = offset + bytes.byteLength
  if (position > 3000) {
    process.send?.({ pid: child.pid, read, position })
    break
  }
}
setInterval(() => undefined, 1000)
