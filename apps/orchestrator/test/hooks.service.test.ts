import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { CreatedHook } from '@caisson/client'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { startTestService, type TestService } from './support/service.ts'

interface Told {
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
  readonly event: { readonly type: string; readonly approval?: { readonly id: string }; readonly run?: string }
}

let service: TestService
let receiver: Server
let url: string
let status = 200
const told: Told[] = []
const written: unknown[] = []

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      told.push({ headers: request.headers, body, event: JSON.parse(body) as Told['event'] })
      response.writeHead(status).end('thank you')
    })
  })
  await new Promise<void>((resolve) => {
    receiver.listen(0, '127.0.0.1', resolve)
  })
  const address = receiver.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/caisson`
  service = await startTestService({
    environment: { CAISSON_HOOKS_PRIVATE: 'true', CAISSON_CALLBACK_HOSTS: new URL(url).host },
    hostFunctions: {
      'entity.write': async ({ value }) => {
        written.push(value)
        return 'written'
      },
    },
  })
}, 60_000)
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await new Promise((resolve) => receiver.close(resolve))
})
beforeEach(() => {
  told.length = 0
  written.length = 0
  status = 200
})

const write = { kind: 'entity.write', input: { entity: 'order', id: '1', value: 'secret-of-the-order' } } as const
const of = (type: string) => told.filter(({ event }) => event.type === type)
const until = async (condition: () => boolean | Promise<boolean>) =>
  await vi.waitUntil(condition, { timeout: 30_000, interval: 50 })

function sign(secret: string, body: string, atMs = Date.now()): string {
  const seconds = Math.floor(atMs / 1000)
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}

async function answer(
  hook: CreatedHook,
  approval: string,
  changes: { by?: string; verdict?: string; organization?: string; signature?: string } = {},
) {
  const { signature, ...rest } = changes
  const body = JSON.stringify({ organization: 'default', approval, verdict: 'grant', by: 'ann', ...rest })
  return await fetch(`${service.url}/hooks/default/${hook.id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'caisson-signature': signature ?? sign(hook.secret, body) },
    body,
  })
}

async function withHook(work: (hook: CreatedHook) => Promise<void>): Promise<void> {
  const hook = await service.admin.hooks.create({ url })
  try {
    await work(hook)
  } finally {
    await service.admin.hooks.remove(hook.id)
  }
}

it('tells of a question with a signature, takes a signed answer, and tells of the end', async () => {
  await withHook(async (hook) => {
    const run = await service.admin.runs.submit(write)
    await until(() => of('approval.requested').length > 0)
    const [question] = of('approval.requested')
    const signature = String(question?.headers['caisson-signature'])
    const seconds = /^t=(\d+),/.exec(signature)?.[1]
    expect(signature).toBe(sign(hook.secret, question?.body ?? '', Number(seconds) * 1000))
    expect(question?.body).not.toContain('secret-of-the-order')

    const response = await answer(hook, question?.event.approval?.id ?? '')
    expect(response.status).toBe(200)
    expect(await service.admin.runs.wait(run.id)).toMatchObject({ status: 'succeeded' })
    expect(written).toEqual(['secret-of-the-order'])
    expect((await service.admin.approvals.list())[0]).toMatchObject({ decidedBy: `ann (hook ${hook.id})` })
    await until(() => of('run.finished').some(({ event }) => event.run === run.id))
    expect(of('approval.granted')).toHaveLength(1)
    expect((await answer(hook, question?.event.approval?.id ?? '')).status).toBe(409)
  })
})

it('takes no answer that is not signed by the hook, is old, or is for another organization', async () => {
  await withHook(async (hook) => {
    const run = await service.admin.runs.submit(write)
    await until(() => of('approval.requested').length > 0)
    const id = of('approval.requested').at(-1)?.event.approval?.id ?? ''
    const old = JSON.stringify({ organization: 'default', approval: id, verdict: 'grant', by: 'ann' })
    const refused = [
      await answer(hook, id, { signature: 'none' }),
      await answer({ ...hook, secret: 'whsec_guessed' }, id),
      await answer(hook, id, { signature: sign(hook.secret, old, Date.now() - 600_000) }),
      await answer({ ...hook, id: 'other' }, id),
      await answer(hook, id, { by: 'eve', signature: sign(hook.secret, old) }),
    ]
    expect(refused.map((response) => response.status)).toEqual([401, 401, 401, 401, 401])
    expect((await answer(hook, id, { organization: 'globex' })).status).toBe(400)
    expect((await answer(hook, 'absent')).status).toBe(404)
    expect(written).toEqual([])
    expect((await answer(hook, id, { verdict: 'deny' })).status).toBe(200)
    expect(await service.admin.runs.wait(run.id)).toMatchObject({ status: 'denied' })
  })
})

it('lists approvals for signed requests, and for no others', async () => {
  await withHook(async (hook) => {
    const run = await service.admin.runs.submit(write)
    await until(() => of('approval.requested').length > 0)
    const list = async (body: object, secret = hook.secret) => {
      const text = JSON.stringify(body)
      return await fetch(`${service.url}/hooks/default/${hook.id}/approvals`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'caisson-signature': sign(secret, text) },
        body: text,
      })
    }
    const answered = await list({ organization: 'default', state: 'pending' })
    expect(answered.status).toBe(200)
    const text = await answered.text()
    expect(JSON.parse(text)).toMatchObject({ approvals: [{ run: run.id, state: 'pending' }] })
    expect(text).not.toContain('secret-of-the-order')
    expect((await list({ organization: 'default' }, 'whsec_guessed')).status).toBe(401)
    expect((await list({ organization: 'globex' })).status).toBe(400)
    expect((await list({ organization: 'default', state: 'lost' })).status).toBe(400)
    await service.admin.runs.cancel(run.id)
  })
})

it('tries again what a hook did not take, and tells it once', async () => {
  await withHook(async () => {
    status = 500
    await service.admin.runs.run({ kind: 'command.run', input: { argv: ['true'] } })
    await until(() => of('run.finished').length > 0)
    status = 200
    await until(() => of('run.finished').length === 2)
    const ids = of('run.finished').map(({ headers }) => headers['caisson-delivery'])
    expect(new Set(ids).size).toBe(1)
  })
})

it('calls back who submitted, signed for their key, of the approval and of the end, and of no other run', async () => {
  const agent = await service.as('default', 'agent')
  const secret = await agent.runs.callbackSecret()
  const callback = { url: `${url}?job=7` }
  const id = 'called-back'
  const run = await agent.runs.submit(write, { id, callback })
  const other = await service.admin.runs.run({ kind: 'command.run', input: { argv: ['true'] } })
  await until(() => of('approval.requested').length > 0)
  const [question] = of('approval.requested')
  await service.admin.approvals.grant(question?.event.approval?.id ?? '')
  await until(() => of('run.finished').length > 0)
  expect(of('run.finished').map(({ event }) => event.run)).toEqual([run.id])
  expect(told.map(({ event }) => event.run)).not.toContain(other.id)
  for (const { headers, body } of told) {
    const signature = String(headers['caisson-signature'])
    expect(signature).toBe(sign(secret, body, Number(/^t=(\d+),/.exec(signature)?.[1]) * 1000))
    expect(body).not.toContain('secret-of-the-order')
  }
  expect(await service.admin.runs.callbackSecret()).not.toBe(secret)
  expect(await service.admin.hooks.list()).toEqual([])

  // Asking again for what is over is answered again, once.
  expect(await agent.runs.submit(write, { id, callback })).toMatchObject({ status: 'succeeded' })
  await until(() => of('run.finished').length === 2)
  expect(new Set(of('run.finished').map(({ headers }) => headers['caisson-delivery'])).size).toBe(1)
})

it('calls back nowhere but at hosts that the service names', async () => {
  const agent = await service.as('default', 'agent')
  const { port } = new URL(url)
  for (const elsewhere of [
    'http://169.254.169.254/latest/meta-data',
    'http://127.0.0.1/',
    `http://127.0.0.1:${Number(port) + 1}/`,
    `http://user:password@127.0.0.1:${port}/`,
    `http://localhost:${port}/`,
    `http://127.0.0.1.example.com:${port}/`,
  ]) {
    const refused = agent.runs.submit(write, { id: 'nowhere', callback: { url: elsewhere } })
    await expect(refused).rejects.toMatchObject({ code: 'forbidden', field: 'callback.url' })
  }
  await expect(agent.runs.get('nowhere')).rejects.toMatchObject({ code: 'run-not-found' })

  await agent.runs.run({ kind: 'command.run', input: { argv: ['true'] } }, { id: 'taken' })
  const others = agent.runs.submit(
    { kind: 'command.run', input: { argv: ['false'] } },
    { id: 'taken', callback: { url } },
  )
  await expect(others).rejects.toMatchObject({ code: 'conflict' })
  await agent.runs.submit(write, { id: 'twice', callback: { url } })
  const second = agent.runs.submit(write, { id: 'twice', callback: { url: `${url}/other` } })
  await expect(second).rejects.toMatchObject({ code: 'conflict', field: 'callback.url' })
  await agent.runs.cancel('twice')
  await until(() => of('run.finished').some(({ event }) => event.run === 'twice'))
  expect(of('run.finished').map(({ event }) => event.run)).toEqual(['twice'])
})

it('takes nothing from a hook that was removed', async () => {
  const hook = await service.admin.hooks.create({ url, events: ['run.finished'] })
  expect(await service.admin.hooks.list()).toMatchObject([{ id: hook.id, events: ['run.finished'] }])
  expect(await service.admin.hooks.remove(hook.id)).toBe('removed')
  expect(await service.admin.hooks.remove(hook.id)).toBe('absent')
  expect((await answer(hook, 'any')).status).toBe(401)
})
