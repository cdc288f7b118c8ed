import { parentPort } from 'node:worker_threads'
import { loadGrammar } from './code/grammars.ts'
import type { Part } from './collect-parts.ts'
import { inspectPart } from './inspect-part.ts'

/**
 * The thread in which inspection happens: one part comes in, its findings go out. Whatever is thrown here ends the thread, because
 * a parser that failed half-way is in no state to go on; the inspector starts another.
 */
const port = parentPort
if (port === null) throw new Error('this file is the beginning of a worker thread')

const answer = async (part: Part): Promise<void> => {
  port.postMessage(await inspectPart(part))
}
port.on('message', (part: Part) => void answer(part))

// What is asked for most is there when the first part comes.
await loadGrammar('python')
port.postMessage('ready')
