import { kernelDirectory } from './directory.ts'
import type { KernelKind } from './start-kernel.ts'

/** R reads its commands as R: JSON's strings are R's as well. */
export const r: KernelKind = {
  argv: ['Rscript', '--vanilla', `${kernelDirectory}/r/kernel.R`],
  // Without UTF-8 it would show what is no ASCII as numbers.
  env: { LC_ALL: 'C.UTF-8' },
  greet: ({ nonce }) => `list(nonce=${JSON.stringify(nonce)})\n`,
  encode: ({ code, env }) => {
    const variables = Object.entries(env).map(([name, value]) => `${JSON.stringify(name)}=${JSON.stringify(value)}`)
    return `list(code=${JSON.stringify(code)}, env=c(${variables.join(', ')}))\n`
  },
}
