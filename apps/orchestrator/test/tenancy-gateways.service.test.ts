import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createMemoryAdapter } from '@caisson/conformance/memory'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestService, type TestService } from './support/service.ts'

interface Answer {
  readonly status: number
  readonly body: string
}

const packages = join(import.meta.dirname, '../../../packages')

/** Every path that a gateway answers, as its source says: a new one is tried without anybody having to think of it. */
async function routesOf(folder: string): Promise<readonly string[]> {
  const files = (await readdir(join(packages, folder, 'src'), { recursive: true })).filter((name) =>
    name.endsWith('.ts'),
  )
  const found = await Promise.all(
    files.map(async (name) => {
      const text = await readFile(join(packages, folder, 'src', name), 'utf8')
      const routes = [...text.matchAll(/'((?:GET|POST|PUT|PATCH|DELETE|HEAD) \/[^']*)'/g)].map(
        ([, route = '']) => route,
      )
      // What a daemon in the sandbox answers elsewhere lies below the sandbox here.
      return name.startsWith('toolbox/') ? routes.map((route) => route.replace(' /', ' /toolbox/:/')) : routes
    }),
  )
  return [...new Set(found.flat())].toSorted()
}

/** Something for every field that any of the paths reads. */
const body = {
  templateID: 'base',
  name: 'stranger',
  timeout: 60,
  timeoutMs: 1000,
  duration: 60,
  value: 'x',
  cpuCount: 1,
  memoryMB: 512,
  metadata: {},
  labels: {},
  command: 'true',
  count: 1,
  public: false,
  tags: ['x'],
  path: '/tmp',
  url: 'https://example.com',
  interval: 60,
  language: 'python',
  code: '1',
  sessionId: 's',
}

let service: TestService
let owner: string
let stranger: string

beforeAll(async () => {
  service = await startTestService({ adapters: [createMemoryAdapter({ name: 'local' })] })
  owner = service.adminKey
  const client = await service.as('globex', 'admin')
  stranger = (await client.keys.create({ name: 'plain', role: 'admin' })).key
}, 60_000)
afterAll(async () => await service[Symbol.asyncDispose]())

async function ask(
  { prefix, key }: { readonly prefix: string; readonly key: string },
  method: string,
  path: string,
  data: unknown = body,
): Promise<Answer> {
  const response = await fetch(`${service.url}${prefix}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'x-api-key': key, 'content-type': 'application/json' },
    ...(method === 'GET' || method === 'HEAD' ? {} : { body: JSON.stringify(data) }),
  })
  return { status: response.status, body: await response.text() }
}

/** What the owner has, by making it: identifiers and names in the answers. What an adapter has not is not made. */
async function things(
  prefix: string,
  makings: readonly (readonly [string, object])[],
): Promise<{ readonly theirs: readonly string[]; readonly refused: readonly string[] }> {
  const found: string[] = []
  const refused: string[] = []
  for (const [path, data] of makings) {
    const { status, body: text } = await ask({ prefix, key: owner }, 'POST', path, { ...body, ...data })
    if (status >= 300) {
      refused.push(`${path}: ${status} ${text.slice(0, 300)}`)
      continue
    }
    const made: Record<string, unknown> = JSON.parse(text)
    for (const name of ['sandboxID', 'snapshotID', 'volumeID', 'secretID', 'templateID', 'id', 'name']) {
      const value = made[name]
      if (typeof value === 'string' && value.length > 6 && !found.includes(value)) found.push(value)
    }
  }
  return { theirs: found, refused }
}

describe.each([
  {
    prefix: '/e2b',
    folder: 'compat-e2b',
    makings: [
      ['/sandboxes', {}],
      ['/volumes', { name: 'owners-volume' }],
      ['/secrets', { name: 'OWNERS_SECRET', hosts: ['example.com'] }],
      ['/v3/templates', { name: 'owners-template' }],
    ] as const,
  },
  {
    prefix: '/daytona',
    folder: 'compat-daytona',
    makings: [
      ['/sandbox', { name: 'owners-sandbox' }],
      ['/volumes', { name: 'owners-volume' }],
      ['/snapshots', { name: 'owners-snapshot' }],
    ] as const,
  },
])('$prefix', ({ prefix, folder, makings }) => {
  it('shows and touches nothing of another organization, on any of its paths, not even that it is there', async () => {
    const routes = await routesOf(folder)
    expect(routes.length).toBeGreaterThan(25)
    const { theirs, refused } = await things(prefix, makings)
    expect(refused.filter((why) => why.startsWith('/sandbox'))).toEqual([])
    const before = await ask({ prefix, key: owner }, 'GET', prefix === '/e2b' ? '/v2/sandboxes' : '/sandbox')
    expect(before.body).toContain(theirs[0])

    const leaks: string[] = []
    let tried = 0
    for (const route of routes) {
      const [method = '', pattern = ''] = route.split(' ')
      if (!pattern.includes(':')) {
        // Lists, and what is made anew: nothing of the owner's may be in the answer.
        const answer =
          method === 'GET' ? await ask({ prefix, key: stranger }, method, pattern) : { status: 0, body: '' }
        for (const id of theirs) if (answer.body.includes(id)) leaks.push(`${route} tells of ${id}`)
        continue
      }
      for (const id of theirs) {
        const absent = id.replaceAll(/[a-z0-9]/gi, (character) => (/\d/.test(character) ? '7' : 'q'))
        const filled = (value: string) => pattern.replaceAll(/:[^/]*/g, value)
        const known = await ask({ prefix, key: stranger }, method, filled(id))
        const unknown = await ask({ prefix, key: stranger }, method, filled(absent))
        tried += 1
        const same =
          known.status === unknown.status &&
          withoutTime(known.body).replaceAll(id, absent) === withoutTime(unknown.body)
        if (!same)
          leaks.push(
            `${route}: ${known.status} ${known.body.slice(0, 120)} but ${unknown.status} ${unknown.body.slice(0, 120)}`,
          )
        if (known.status < 300 && known.status !== 204)
          leaks.push(`${route} answers ${known.status} for ${id}: ${known.body.slice(0, 80)}`)
      }
    }
    expect(leaks).toEqual([])
    expect(tried).toBeGreaterThan(25)
    const after = await ask({ prefix, key: owner }, 'GET', prefix === '/e2b' ? '/v2/sandboxes' : '/sandbox')
    expect(after.body).toContain(theirs[0])
  }, 120_000)

  it('lets nobody in without a key', async () => {
    // What says only that somebody listens.
    const open = new Set(['GET /health', 'GET /version', 'GET /config'])
    for (const route of await routesOf(folder)) {
      if (open.has(route)) continue
      const [method = '', pattern = ''] = route.split(' ')
      const { status } = await ask({ prefix, key: 'nothing' }, method, pattern.replaceAll(/:[^/]*/g, 'x'))
      expect([401, 403, 404], route).toContain(status)
    }
  }, 120_000)
})

function withoutTime(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '')
}
