import { createServer } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { guardedPost } from '../src/hooks/guarded-post.ts'

async function receiver(): Promise<{ readonly port: number; readonly count: () => number }> {
  let received = 0
  const server = createServer((request, response) => {
    received += 1
    response.writeHead(request.url === '/moved' ? 302 : 200, { location: '/' }).end()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(async () => await new Promise((resolve) => server.close(() => resolve())))
  const address = server.address()
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, count: () => received }
}

it('reaches no private address, by number or by name, unless that is allowed', async () => {
  const { port, count } = await receiver()
  const post = async (host: string, allowPrivate: boolean) =>
    await guardedPost(`http://${host}:${port}/`, { headers: {}, body: '{}', allowPrivate })
  for (const host of ['127.0.0.1', 'localhost', '0x7f.1', '2130706433', '[::ffff:7f00:1]']) {
    await expect(post(host, false)).rejects.toMatchObject({ code: 'forbidden' })
  }
  expect(count()).toBe(0)
  expect(await post('localhost', true)).toBe(200)
  expect(count()).toBe(1)
})

it('follows no redirect', async () => {
  const { port, count } = await receiver()
  const status = await guardedPost(`http://127.0.0.1:${port}/moved`, { headers: {}, body: '{}', allowPrivate: true })
  expect(status).toBe(302)
  expect(count()).toBe(1)
})
