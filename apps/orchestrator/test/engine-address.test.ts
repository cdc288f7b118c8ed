import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { reachEngine } from '../src/adapters/engine-address.ts'
import { readRegistryCredentials } from '../src/adapters/registry-credentials.ts'

const directory = mkdtempSync(join(tmpdir(), 'caisson-engine-'))
afterAll(() => rmSync(directory, { recursive: true }))

const nothing = { certificates: undefined, sshHostKey: undefined, sshKey: undefined, sshAgent: undefined }
const ssh = { username: 'me', host: 'engine' }

test('an engine behind SSH is used only with the keys of both sides', async () => {
  const sshKey = join(directory, 'key')
  writeFileSync(sshKey, 'private')
  const sshHostKey = 'SHA256:abc'
  expect(await reachEngine({ ssh }, { ...nothing, sshHostKey, sshKey, sshAgent: '/agent' })).toEqual({
    ssh: { ...ssh, hostKeySha256: sshHostKey, privateKey: 'private' },
  })
  expect(await reachEngine({ ssh }, { ...nothing, sshHostKey, sshAgent: '/agent' })).toEqual({
    ssh: { ...ssh, hostKeySha256: sshHostKey, agentSocketPath: '/agent' },
  })
  await expect(reachEngine({ ssh }, { ...nothing, sshKey })).rejects.toMatchObject({
    field: 'CAISSON_DOCKER_SSH_HOST_KEY',
    remedy: expect.stringContaining('ssh-keyscan engine'),
  })
  await expect(reachEngine({ ssh }, { ...nothing, sshHostKey })).rejects.toMatchObject({
    field: 'CAISSON_DOCKER_SSH_KEY',
    remedy: expect.stringContaining('SSH_AUTH_SOCK'),
  })
})

test('certificates that are not there are told by the variable that names them', async () => {
  const address = { host: 'engine', port: 2376 }
  expect(await reachEngine(address, nothing)).toEqual(address)
  await expect(reachEngine(address, { ...nothing, certificates: directory })).rejects.toMatchObject({
    field: 'DOCKER_CERT_PATH',
  })
})

test('credentials for registries come from the file of a login', async () => {
  const file = join(directory, 'auth.json')
  const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })
  const auths = {
    'https://index.docker.io/v1/': auth('hub:1'),
    'registry.example:5000': auth('team:with:colons'),
    'helped.example': {},
  }
  writeFileSync(file, JSON.stringify({ auths, credsStore: 'desktop' }))
  expect(await readRegistryCredentials(file)).toEqual({
    'docker.io': { username: 'hub', password: '1' },
    'registry.example:5000': { username: 'team', password: 'with:colons' },
  })
  expect(await readRegistryCredentials(undefined)).toEqual({})
  writeFileSync(file, 'secret that is no JSON')
  const error: unknown = await readRegistryCredentials(file).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ field: 'CAISSON_DOCKER_AUTH_FILE', remedy: expect.stringContaining('login') })
  expect(String(error)).not.toContain('secret')
})
