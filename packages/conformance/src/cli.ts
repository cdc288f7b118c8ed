import { runCli } from './cli/run-cli.ts'

const { env, stdout, stderr, argv } = process
process.exitCode = await runCli(argv.slice(2), {
  stdout: (text) => void stdout.write(text),
  stderr: (text) => void stderr.write(text),
  color: stdout.isTTY && (env['NO_COLOR'] ?? '') === '',
})
