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
} else {
  process.stderr.write(usage)
  process.exitCode = 64
}
