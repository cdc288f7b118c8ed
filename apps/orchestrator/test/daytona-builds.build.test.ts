import { existsSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLocalAdapter } from '@caisson/adapter-local'
import { createDaytonaGateway, type RecordKind } from '@caisson/compat-daytona'
import { createMemoryHost, serveGateway } from '@caisson/compat-kit/testing'
import { createTemplateBuilder } from '@caisson/template-builder'
import { Daytona, Image } from '@daytonaio/sdk'
import { describe, expect, test } from 'vitest'
import { builtTemplates } from '../src/adapters/templates.ts'
import { createTemplateBuilds } from '../src/gateways/template-builds.ts'
import { temporaryDirectory } from './support/databases.ts'

const bases = fileURLToPath(new URL('../../../.caisson/templates/bases', import.meta.url))
const script = fileURLToPath(new URL('../../../infra/base-image/debian.sh', import.meta.url))
const reason = existsSync(bases) ? undefined : 'no base root was made: npm run caisson -- template build templates/base'
const user = { name: 'daytona', uid: 1000, gid: 1000, home: '/home/daytona' }
/** The least of a template that images can stand for. */
const dockerfile =
  'ARG BASE\nFROM ${BASE}\nRUN useradd --create-home --uid 1000 daytona\nUSER daytona\nCMD ["/bin/sh"]\n'

describe.skipIf(reason !== undefined)(
  `images that clients of Daytona build${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    test('are built with files, variables, stages and a folder, and told of when they fail', async () => {
      await using directory = await temporaryDirectory()
      const templateDirectory = join(directory.path, 'templates')
      const source = join(directory.path, 'sources', 'daytona')
      await Promise.all([templateDirectory, source].map(async (path) => await mkdir(path, { recursive: true })))
      await symlink(bases, join(templateDirectory, 'bases'))
      const description = { name: 'daytona', description: 'for this test', parent: 'debian', user, privileges: 'sudo' }
      await writeFile(join(source, 'template.json'), JSON.stringify(description))
      await writeFile(join(source, 'Dockerfile'), dockerfile)
      const base = { script, directory: join(templateDirectory, 'bases') }
      await createTemplateBuilder({ stateDirectory: templateDirectory, base }).build(source)

      await using adapter = createLocalAdapter({
        stateDirectory: join(directory.path, 'local'),
        templates: await builtTemplates(templateDirectory, { warn: () => undefined }),
        preparedSandboxes: 0,
      })
      const apiKey = 'key'
      const memory = createMemoryHost<RecordKind>({ adapter, keys: { [apiKey]: 'acme' } })
      const adapters = [adapter]
      const sources = join(directory.path, 'sources')
      const builds = createTemplateBuilds({ templateDirectory, adapters, sources })
      await using gateway = createDaytonaGateway({ host: memory.host, secret: 's'.repeat(32), builds })
      await using served = await serveGateway(gateway)
      await using daytona = new Daytona({ apiKey, apiUrl: served.url, target: 'local', useDeprecatedPolling: true })

      await writeFile(join(directory.path, 'note.txt'), 'from the client\n')
      const logs: string[] = []
      const image = Image.base('debian:12-slim')
        .addLocalFile(join(directory.path, 'note.txt'), '/opt/note.txt')
        .env({ GREETING: 'a "b" $c' })
        .runCommands('echo run by $(id -un) in $PWD', 'echo made > /root-made')
        .workdir('/app')
      const sandbox = await daytona.create({ image }, { timeout: 400, onSnapshotCreateLogs: (text) => logs.push(text) })
      expect(logs.join('\n')).toContain('run by root in /\n')
      const asked = 'cat /opt/note.txt /root-made; echo "$GREETING"; pwd; id -un; touch mine && echo writable'
      expect((await sandbox.process.executeCommand(asked)).result).toBe(
        'from the client\nmade\na "b" $c\n/app\ndaytona\nwritable\n',
      )
      await sandbox.delete()

      // What becomes of the sources of the template that stands for the image is no matter: it was built.
      await writeFile(join(source, 'Dockerfile'), 'FROM scratch\n')
      const broken = Image.base('debian:12').runCommands('echo before', 'exit 3')
      const failed: unknown = await daytona.create({ image: broken }, { timeout: 300 }).catch((error: unknown) => error)
      expect(failed).toMatchObject({ message: expect.stringMatching(/line 3 of the Dockerfile: .*exit 3/s) })
      expect(memory.held()).toEqual([])
      expect(memory.failures).toEqual([])
    })
  },
)
