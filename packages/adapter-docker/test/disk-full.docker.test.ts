import { decodeText, runShell } from '@caisson/core'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { leftovers, onEngines } from './support/on-engines.ts'
import { startPrivateDockerd } from './support/private-dockerd.ts'

onEngines(
  ({ adapter: adapterOn, namespace }) => {
    test('an engine whose disk is full says so, leaves nothing, and is used again when there is room', async ({
      skip,
    }) => {
      const directory = mkdtempSync(join(tmpdir(), 'caisson-full-'))
      const [disk, mount] = [join(directory, 'disk'), join(directory, 'mount')]
      execFileSync('truncate', ['-s', '1500M', disk])
      execFileSync('/usr/sbin/mkfs.ext4', ['-q', '-F', '-m', '0', disk])
      mkdirSync(mount)
      if (spawnSync('mount', ['-o', 'loop', disk, mount]).status !== 0) {
        rmSync(directory, { recursive: true })
        skip('this machine mounts no loop devices')
      }
      try {
        const dockerd = await startPrivateDockerd([], join(mount, 'data'))
        try {
          const { docker, image, socketPath } = dockerd
          const adapter = adapterOn({ engine: { socketPath }, templates: { base: { image } } })
          // The kernel gives the last blocks away in pieces.
          spawnSync('dd', ['if=/dev/zero', `of=${join(mount, 'filler')}`, 'bs=1M'])
          spawnSync('dd', ['if=/dev/zero', `of=${join(mount, 'crumbs')}`, 'bs=1k'])
          await expect(adapter.create({})).rejects.toMatchObject({ code: 'no-space', remedy: /free space below/ })
          expect(await leftovers(docker, namespace)).toEqual([])
          for (const name of ['filler', 'crumbs']) rmSync(join(mount, name))
          const sandbox = await adapter.create({})
          expect(decodeText((await runShell(sandbox, 'echo room')).stdout)).toBe('room\n')
          await sandbox.destroy()
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
