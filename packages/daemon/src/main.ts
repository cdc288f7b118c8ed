import { bridge } from './bridge.ts'
import { serve } from './serve.ts'

const usage = 'usage: daemon serve [--config-from-stdin] [directory]\n       daemon bridge [directory]\n'
const [command, ...rest] = process.argv.slice(2)
const configFromStdin = rest.includes('--config-from-stdin')
const directory = rest.find((argument) => !argument.startsWith('--'))

if (command === 'serve') {
  serve({ directory, configFromStdin })
} else if (command === 'bridge') {
  void bridge(directory)
} else if (command === 'kernel') {
  void runKernel(rest[0] === 'typescript' ? 'typescript' : 'javascript')
} else {
  process.stderr.write(usage)
  process.exitCode = 64
}

async function runKernel(dialect: 'javascript' | 'typescript'): Promise<void> {
  const { runJavaScript } = await import('./kernel/javascript/run.ts')
  await runJavaScript(dialect)
}
