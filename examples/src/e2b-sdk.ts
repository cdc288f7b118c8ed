/** Code as E2B's users have it, with nothing of Caisson in it: E2B_API_KEY, E2B_API_URL and E2B_SANDBOX_URL say where it runs. */
import { readFile } from 'node:fs/promises'
import { Sandbox } from '@e2b/code-interpreter'

const sandbox = await Sandbox.create()
try {
  await sandbox.files.write(
    'weather.csv',
    await readFile(new URL('../data/seattle-weather.csv', import.meta.url), 'utf8'),
  )
  const { stdout } = await sandbox.commands.run('wc -l < weather.csv')
  console.log('lines', stdout.trim())
  await sandbox.runCode('import csv\nrows = list(csv.DictReader(open("weather.csv")))')
  const { text, error } = await sandbox.runCode('max(float(row["temp_max"]) for row in rows)')
  console.log('warmest', text, error ?? 'no error')
  const failed = await sandbox.runCode('rows[0]["no such column"]')
  console.log('error', failed.error?.name)
} finally {
  await sandbox.kill()
}
