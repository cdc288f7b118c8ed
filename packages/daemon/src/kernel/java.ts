import { kernelDirectory } from './directory.ts'
import type { KernelKind } from './start-kernel.ts'

/** Java through the JDK's own shell. A runtime without a compiler is not enough. */
export const java: KernelKind = {
  // Quick to start rather than quick in the end.
  argv: ['java', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', `${kernelDirectory}/java/Kernel.java`],
  needs: 'javac',
  greet: ({ nonce }) => `${nonce}\n`,
  encode: ({ code, env }) => `${[code, ...Object.entries(env).flat()].map(toBase64).join(' ')}\n`,
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64')
}
