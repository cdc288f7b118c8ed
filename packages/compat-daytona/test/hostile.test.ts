import { createMemoryAdapter } from '@caisson/conformance/memory'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './support/start-gateway.ts'

let gateway: TestGateway
let id: string
const ask = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
  const { apiKey } = gateway.connection()
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...headers },
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>) }
}

beforeAll(async () => {
  gateway = await startGateway(createMemoryAdapter({ name: 'local' }))
  const { body } = await ask('POST', '/sandbox', '{}')
  id = String(body?.['id'])
})
afterAll(async () => await gateway[Symbol.asyncDispose]())

test.each([
  ['a body that is no JSON', 'POST', '/sandbox', '{', 400],
  ['a body of another shape', 'POST', '/sandbox', '[]', 400],
  ['a processor count that is no number', 'POST', '/sandbox', '{"cpu":"many"}', 400],
  ['a GPU', 'POST', '/sandbox', '{"gpu":1}', 400],
  ['a network that cannot be opened', 'POST', '/sandbox', '{"networkAllowList":"10.0.0.0/8"}', 400],
  ['a pattern of names', 'POST', '/sandbox', '{"domainAllowList":"*.example.org"}', 400],
  ['an unknown snapshot', 'POST', '/sandbox', '{"snapshot":"nobody-has-it"}', 404],
  ['an image to build', 'POST', '/sandbox', '{"buildInfo":{"dockerfileContent":"FROM x\\nRUN y"}}', 422],
  ['a name that is none', 'POST', '/sandbox', '{"name":"../up"}', 400],
  ['an unknown sandbox', 'GET', '/sandbox/nobody', undefined, 404],
  ['an unknown path', 'GET', '/nowhere', undefined, 404],
  ['a cursor of somebody else', 'GET', '/sandbox?cursor=e30', undefined, 400],
  ['a port that is none', 'GET', '/sandbox/ID/ports/99999/preview-url', undefined, 400],
  ['an interval that is none', 'POST', '/sandbox/ID/autostop/-5', '{}', 400],
  ['a command that is missing', 'POST', '/toolbox/ID/process/execute', '{}', 400],
  ['a time that is negative', 'POST', '/toolbox/ID/process/execute', '{"command":"true","timeout":-1}', 400],
  ['a path that is missing', 'GET', '/toolbox/ID/files/info', undefined, 400],
  ['a mode that is none', 'POST', '/toolbox/ID/files/folder?path=x&mode=u%2Bs', undefined, 400],
  ['a form that is none', 'POST', '/toolbox/ID/files/bulk-upload', 'x', 400],
  [
    'a language server that nobody started',
    'POST',
    '/toolbox/ID/lsp/did-open',
    '{"languageId":"python","pathToProject":"x","uri":"file://x/a.py"}',
    400,
  ],
  ['a session that is not there', 'GET', '/toolbox/ID/process/session/none', undefined, 404],
])("%s is told in Daytona's shape", async (...[, method, path, body, status]) => {
  const answer = await ask(method, path.replace('ID', id), body)
  expect(answer.status).toBe(status)
  expect(answer.body).toMatchObject({
    statusCode: status,
    message: expect.stringMatching(/./),
    source: path.startsWith('/toolbox/') ? 'DAYTONA_DAEMON' : 'DAYTONA_API',
    method,
    timestamp: expect.stringMatching(/^\d{4}-/),
  })
  expect(gateway.memory.held()).toHaveLength(1)
  expect(gateway.memory.failures).toEqual([])
})

test('no key, a wrong one, and that of another organization open nothing', async () => {
  for (const authorization of ['', 'Bearer wrong', 'Basic eDp5'])
    for (const path of [
      '/sandbox',
      `/sandbox/${id}`,
      `/toolbox/${id}/files`,
      `/preview/80-${id}/`,
      '/volumes',
      '/nowhere',
    ])
      expect((await ask('GET', path, undefined, { authorization })).status).toBe(401)
  expect((await ask('GET', '/sandbox', undefined, { 'x-daytona-organization-id': 'umbrella' })).status).toBe(403)
})

test('a form that breaks off leaves an error and no hanging upload', async () => {
  const headers = { 'content-type': 'multipart/form-data; boundary=x' }
  const broken = '--x\r\nContent-Disposition: form-data; name="files[0].path"\r\n\r\na.txt\r\n--x\r\nContent-Disp'
  expect((await ask('POST', `/toolbox/${id}/files/bulk-upload`, broken, headers)).status).toBe(400)
  const unnamed = '--x\r\nContent-Disposition: form-data; name="files[0].file"; filename="a"\r\n\r\nhi\r\n--x--\r\n'
  expect((await ask('POST', `/toolbox/${id}/files/bulk-upload`, unnamed, headers)).status).toBe(400)
})
