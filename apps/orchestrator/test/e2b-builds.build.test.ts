import { existsSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLocalAdapter } from '@caisson/adapter-local'
import { Sandbox, Template } from 'e2b'
import { describe, expect, test } from 'vitest'
import { builtTemplates } from '../src/adapters/templates.ts'
import { temporaryDirectory } from './support/databases.ts'
import { startTestService } from './support/service.ts'

const bases = fileURLToPath(new URL('../../../.caisson/templates/bases', import.meta.url))
const reason = existsSync(bases) ? undefined : 'no base root was made, of which the test of templates/base says why'

test('templates are not built for clients unless the operator says so', async () => {
  await using service = await startTestService()
  const connection = { apiKey: service.adminKey, apiUrl: `${service.url}/e2b`, sandboxUrl: `${service.url}/e2b` }
  const refused = await Template.build(Template().fromBaseImage().runCmd('true'), 'mine', connection).catch(
    (error: unknown) => error,
  )
  expect(refused).toMatchObject({ name: 'BuildError', message: expect.stringContaining('CAISSON_E2B_BUILDS') })
})

describe.skipIf(reason !== undefined)(
  `templates that clients of E2B build${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    test('are built with files, variables and commands, and started as they say', async () => {
      await using directory = await temporaryDirectory()
      const templateDirectory = join(directory.path, 'templates')
      await mkdir(templateDirectory)
      await symlink(bases, join(templateDirectory, 'bases'))
      await writeFile(join(directory.path, 'note.txt'), 'from the client\n')
      const templates = await builtTemplates(templateDirectory, { warn: () => undefined })
      const adapter = createLocalAdapter({ stateDirectory: join(directory.path, 'local'), templates })
      await using service = await startTestService({
        adapters: [adapter],
        environment: { CAISSON_E2B_BUILDS: 'true', CAISSON_TEMPLATES: templateDirectory },
      })
      const connection = { apiKey: service.adminKey, apiUrl: `${service.url}/e2b`, sandboxUrl: `${service.url}/e2b` }

      const lines: string[] = []
      const template = Template({ fileContextPath: directory.path })
        .fromImage('debian:12')
        .copy('*.txt', 'notes/', { mode: 0o644 })
        .setEnvs({ GREETING: 'a "b" $c' })
        .runCmd('echo run by $(whoami)')
        .setWorkdir('/app')
        .setStartCmd('touch /tmp/started; sleep 1000', 'test -e /tmp/started')
      const { templateId } = await Template.build(template, 'mine:v1', {
        ...connection,
        onBuildLogs: ({ message }) => void lines.push(message),
      })
      expect(lines).toContain('run by user')
      expect(await Template.exists('mine', connection)).toBe(true)
      expect((await Template.getTags(templateId, connection)).map(({ tag }) => tag)).toEqual(['v1'])

      const sandbox = await Sandbox.create('mine:v1', connection)
      const { stdout } = await sandbox.commands.run('cat ~/notes/note.txt; echo "$GREETING"; pwd; ls /tmp/started')
      expect(stdout).toBe('from the client\na "b" $c\n/app\n/tmp/started\n')
      await sandbox.kill()
      await expect(Sandbox.create('mine:v2', connection)).rejects.toThrow('404')

      const broken = Template().fromImage('debian:12').runCmd('exit 3')
      const failed = await Template.build(broken, 'broken', connection).catch((error: unknown) => error)
      expect(failed).toMatchObject({ name: 'BuildError', message: expect.stringContaining('exit 3') })
      await expect(Sandbox.create('broken', connection)).rejects.toThrow('404')

      const image = Template().fromImage('python:3.12').runCmd('true')
      await expect(Template.build(image, 'other', connection)).rejects.toThrow("'python:3.12' is not here")
    })
  },
)
