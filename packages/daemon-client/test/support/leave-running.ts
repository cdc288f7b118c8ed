import { dialUnixSocket } from '../../src/index.ts'
import { connectSandbox } from './open-sandbox.ts'

/** Waits for one process, reads another, leaves a third running with its output unread, and has nothing more to do. */
const [directory = '', accessToken = ''] = process.argv.slice(2)
const sandbox = connectSandbox({ accessToken }, () => dialUnixSocket(directory, 'daemon.sock'))
// The channel to the parent would keep this program running by itself.
process.channel?.unref()
await (await sandbox.processes.spawn({ argv: ['sleep', '0.2'] })).wait()
process.send?.('waited')
for await (const _ of (await sandbox.processes.spawn({ argv: ['sh', '-c', 'sleep 0.2; echo done'] })).output);
process.send?.('read')
await sandbox.processes.spawn({ argv: ['sleep', '100'], tag: 'left-running' })
process.send?.('left')
