import { decodeText, mib, runProcess, runShell, type Sandbox } from '@caisson/core'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { onEngines } from './support/on-engines.ts'
import { pythonPrograms } from '@caisson/conformance'
import { startPrivateDockerd } from './support/private-dockerd.ts'

async function output(sandbox: Sandbox, command: string): Promise<string> {
  const { stdout, stderr } = await runShell(sandbox, command)
  return decodeText(stdout) + decodeText(stderr)
}

/** runsc with the flags that work without a network and under any control groups. */
function writeRuntime(directory: string): string {
  const path = join(directory, 'runsc')
  writeFileSync(
    path,
    '#!/bin/sh\nexec /usr/bin/runsc --platform=systrap --network=none --host-uds=create --ignore-cgroups "$@"\n',
  )
  chmodSync(path, 0o755)
  return path
}

onEngines(
  ({ adapter: adapterOn }) => {
    test('under runsc a sandbox has a kernel of its own', async ({ skip }) => {
      if (!existsSync('/usr/bin/runsc')) skip('needs runsc: sh infra/provision/runsc.sh install')
      const directory = mkdtempSync(join(tmpdir(), 'caisson-runsc-'))
      const dockerd = await startPrivateDockerd(['--add-runtime', `runsc=${writeRuntime(directory)}`])
      try {
        const { socketPath, image } = dockerd
        const adapter = adapterOn({ engine: { socketPath }, templates: { base: { image } }, runtime: 'runsc' })
        expect(adapter.capabilities.isolation).toBe('gvisor')
        await using sandbox = await adapter.create({})
        expect(await output(sandbox, 'cat /proc/version; id -un; echo kept > ~/file; cat ~/file')).toMatch(
          /gVisor|Linux version 4\.4\.0[^]*user\nkept\n$/,
        )
        const volume = { labels: { organization: 'acme' }, volumes: [{ name: 'runsc', path: '/data' }] }
        await using writer = await adapter.create(volume)
        expect(await output(writer, 'echo text > /data/file; chmod 666 /data/file; cat /data/file')).toBe('text\n')
        await expect(
          adapter.create({ ...volume, volumes: [{ name: 'runsc', path: '/data', readOnly: true }] }),
        ).rejects.toMatchObject({ code: 'unsupported', field: 'volumes.0.readOnly' })
        const web = createServer((_, response) => response.end('from the web')).listen(0, '127.0.0.1')
        await once(web, 'listening')
        const { port } = web.address() as AddressInfo
        const rules = [{ host: '127.0.0.1', port, allowPrivateAddress: true }]
        await using reaching = await adapter.create({ egress: { mode: 'allow', rules } })
        const argv = pythonPrograms.fetch?.(`http://127.0.0.1:${port}/`) ?? ['false']
        const fetched = await runProcess(reaching, { argv })
        web.close()
        expect(decodeText(fetched.stdout)).toBe('from the web')
        await using plain = await adapterOn({ engine: { socketPath }, templates: { base: { image } } }).create({})
        expect(await output(plain, 'cat /proc/version')).toContain(
          execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim(),
        )
      } finally {
        await dockerd.remove()
        rmSync(directory, { recursive: true })
      }
    })

    test('where the storage has quotas the disk has a limit, and what was removed gives the room back', async ({
      skip,
    }) => {
      if (spawnSync('mkfs.btrfs', ['--version']).error !== undefined)
        skip('needs mkfs.btrfs: apt-get install btrfs-progs')
      const directory = mkdtempSync(join(tmpdir(), 'caisson-btrfs-'))
      const [image, mount] = [join(directory, 'image'), join(directory, 'mount')]
      execFileSync('truncate', ['-s', '3G', image])
      execFileSync('mkfs.btrfs', ['-q', image])
      mkdirSync(mount)
      if (spawnSync('mount', ['-o', 'loop', image, mount]).status !== 0) {
        rmSync(directory, { recursive: true })
        skip('this kernel mounts no btrfs')
      }
      try {
        const dockerd = await startPrivateDockerd(['--storage-driver', 'btrfs'], join(mount, 'data'))
        try {
          const { socketPath, image } = dockerd
          const adapter = adapterOn({
            engine: { socketPath },
            templates: { base: { image } },
            limits: ['cpus', 'memory', 'pids', 'disk'],
          })
          await using sandbox = await adapter.create({ resources: { diskBytes: 64 * mib } })
          expect(await output(sandbox, 'head -c 50000000 /dev/zero > ~/fits && sync ~/fits && echo fits')).toBe(
            'fits\n',
          )
          expect(await output(sandbox, 'head -c 50000000 /dev/zero > ~/more; sync ~/more')).toMatch(/quota|space/i)
          await expect(sandbox.files.write('~/third', new Uint8Array(30_000_000))).rejects.toMatchObject({
            code: 'no-space',
          })
          expect(
            await output(
              sandbox,
              'rm -f ~/fits ~/more ~/third; sync ~; head -c 20000000 /dev/zero > ~/again && echo room',
            ),
          ).toBe('room\n')
        } finally {
          await dockerd.remove()
        }
      } finally {
        spawnSync('umount', ['-l', mount])
        rmSync(directory, { recursive: true })
      }
    })
  },
  ['docker'],
)
