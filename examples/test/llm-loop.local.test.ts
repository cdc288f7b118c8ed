import { createLocalAdapter } from '@caisson/adapter-local'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { createHttpModel, createScriptedModel } from '../src/llm-loop/model.ts'
import { solve } from '../src/llm-loop/solve.ts'
import { cannotRun } from './support/needs.ts'
import { runExample } from './support/run-example.ts'

const cannot = await cannotRun()
const options = { maxAttempts: 3, timeoutMs: 60_000, firstDelayMs: 10 }
const busy = new Error('the model is busy')

async function withCode<Value>(
  work: (
    code: NonNullable<Awaited<ReturnType<ReturnType<typeof createLocalAdapter>['create']>>['code']>,
  ) => Promise<Value>,
): Promise<Value> {
  await using adapter = createLocalAdapter()
  await using sandbox = await adapter.create({})
  if (sandbox.code === undefined) throw new Error('there is no code interpreter')
  return await work(sandbox.code)
}

it.skipIf(cannot !== '')(
  `shows a model its error, waits for one that is busy, and gives up in the end${cannot}`,
  async () => {
    await withCode(async (code) => {
      const model = createScriptedModel([
        busy,
        '```python\nprint(1 / zero)\n```',
        busy,
        busy,
        'zero = 4\nprint(1 / zero)',
      ])
      expect(await solve(model, code, 'a quarter', options)).toEqual({
        code: 'zero = 4\nprint(1 / zero)',
        output: '0.25\n',
        attempts: 2,
      })
      expect(model.conversations.at(-1)?.at(-1)?.content).toContain("NameError: name 'zero' is not defined")
      const hopeless = createScriptedModel(['1/0', '2/0', '3/0', 'print("never asked")'])
      await expect(solve(hopeless, code, 'the impossible', options)).rejects.toThrow('within 3 attempts')
      expect(hopeless.conversations).toHaveLength(3)
      const away = createScriptedModel(Array.from({ length: 9 }, () => busy))
      await expect(solve(away, code, 'anything', options)).rejects.toBe(busy)
      expect(away.conversations).toHaveLength(5)
    })
  },
)

it.skipIf(cannot !== '')(`runs as it is${cannot}`, async () => {
  await using ran = await runExample('llm-loop/main.ts')
  expect(ran.stdout).toContain("output: '9.5\\n'")
  expect(ran.stdout).toContain('attempts: 2')
})

it('speaks to models over HTTP', async () => {
  const server = createServer((request, response) => {
    const isRight = request.headers.authorization === 'Bearer k' && request.url === '/v1/chat/completions'
    response.writeHead(isRight ? 200 : 401).end(JSON.stringify({ choices: [{ message: { content: 'print(1)' } }] }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const ask = async (apiKey: string): Promise<string> =>
    await createHttpModel({ url, apiKey, model: 'm' }).answer([], AbortSignal.timeout(10_000))
  expect(await ask('k')).toBe('print(1)')
  await expect(ask('wrong')).rejects.toThrow('401')
  server.closeAllConnections()
  server.close()
})
