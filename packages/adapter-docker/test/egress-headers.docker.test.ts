import { decodeText, runShell, type Sandbox, type SandboxAdapter } from '@caisson/core'
import type { DockerAdapterOptions, SecretBox } from '@caisson/adapter-docker'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCertificates } from './support/certificates.ts'
import { onEngines } from './support/on-engines.ts'
import { secretBox } from './support/secret-box.ts'

const secret = 'Bearer of-the-service-alone'
const strangeBox: SecretBox = {
  ...secretBox,
  unseal: () => {
    throw new Error('sealed with another key')
  },
}

const started = new AsyncDisposableStack()
let web: Server
let authority: string
beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'caisson-docker-'))
  started.defer(() => rmSync(directory, { recursive: true }))
  const { ca } = makeCertificates(directory, 'web', 'DNS:localhost')
  authority = ca
  const [cert, key] = ['server.pem', 'server-key.pem'].map((file) => readFileSync(join(directory, `web-${file}`)))
  web = createServer({ cert, key }, (request, response) =>
    response.end((request.headersDistinct['authorization'] ?? ['none']).join(' and ')),
  ).listen(0, 'localhost')
  await once(web, 'listening')
  started.defer(() => void web.close())
})
afterAll(async () => await started.disposeAsync())

onEngines((engine) => {
  const policy = {
    mode: 'allow' as const,
    rules: [{ host: 'localhost', port: 'any' as const, allowPrivateAddress: true }],
    headers: [{ host: 'localhost', set: { Authorization: secret } }],
  }
  const fetched = async (sandbox: Sandbox): Promise<string> => {
    const url = `https://localhost:${(web.address() as AddressInfo).port}/`
    const script = `python3 -c "import urllib.request as r; print(r.urlopen('${url}', timeout=20).read().decode())"`
    const { stdout, stderr } = await runShell(sandbox, script, { timeoutMs: 60_000 })
    return decodeText(stdout).trim() || (decodeText(stderr).trim().split('\n').at(-1) ?? '')
  }
  const adapterWith = (options: DockerAdapterOptions): SandboxAdapter =>
    engine.adapter({ egressAuthorities: [authority], ...options })

  test('headers go into requests, for whoever connects with the same key, and lie in no label', async () => {
    const first = adapterWith({ secretBox })
    expect(first.capabilities.features).toContain('egress-headers')
    const created = await first.create({ egress: policy })
    expect(await fetched(created)).toBe(secret)

    const filters = { label: [`dev.caisson.namespace=${engine.namespace}`] }
    const containers = JSON.stringify(await engine.docker.listContainers({ all: true, filters }))
    expect(containers).toContain('egressSecrets')
    expect(containers).not.toContain('of-the-service-alone')
    expect(containers).not.toContain('PRIVATE KEY')

    await created.detach()
    await first[Symbol.asyncDispose]()
    const second = await adapterWith({ secretBox }).connect(created.id)
    await expect.poll(async () => await fetched(second), { timeout: 60_000 }).toBe(secret)
    await second.destroy()
  })

  test('who cannot unseal them keeps the way out closed', async () => {
    const first = adapterWith({ secretBox })
    const created = await first.create({ egress: policy })
    await created.detach()
    await first[Symbol.asyncDispose]()
    const stranger = await adapterWith({ secretBox: strangeBox }).connect(created.id)
    await expect.poll(async () => await fetched(stranger), { timeout: 60_000 }).toMatch(/403/)
    await stranger.destroy()
  })

  test('without anything to seal them with they are refused', async () => {
    const adapter = adapterWith({})
    expect(adapter.capabilities.features).not.toContain('egress-headers')
    await expect(adapter.create({ egress: policy })).rejects.toMatchObject({
      code: 'unsupported',
      field: 'egress.headers',
    })
  })
})
