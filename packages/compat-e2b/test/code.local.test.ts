import { Sandbox } from '@e2b/code-interpreter'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLocalGateway } from './support/local-gateway.ts'
import type { TestGateway } from './support/start-gateway.ts'

let gateway: TestGateway
let sandbox: Sandbox
beforeAll(async () => {
  gateway = await startLocalGateway()
  sandbox = await Sandbox.create({ ...gateway.connection(), envs: { TEAM: 'blue' } })
})
afterAll(async () => {
  expect(gateway.failures).toEqual([])
  await gateway[Symbol.asyncDispose]()
})

describe("E2B's code interpreter", () => {
  test('keeps variables, streams what is printed, and tells the last value and the error', async () => {
    const lines: string[] = []
    await sandbox.runCode('x = 20\nprint("hello")', { onStdout: ({ line }) => void lines.push(line) })
    expect(lines).toEqual(['hello\n'])
    const more = await sandbox.runCode('x += 22; x')
    expect(more).toMatchObject({ text: '42', executionCount: 2 })
    const failed = await sandbox.runCode('1 / 0')
    expect(failed.error).toMatchObject({ name: 'ZeroDivisionError', value: 'division by zero' })
  })

  test('has contexts of their own, with a language, a folder and variables', async () => {
    const context = await sandbox.createCodeContext({ language: 'javascript', cwd: '/tmp' })
    const { text } = await sandbox.runCode('process.cwd() + process.env.TEAM + process.env.MORE', {
      context,
      envs: { MORE: '!' },
    })
    expect(text).toBe('/tmpblue!')
    expect((await sandbox.runCode('process.env.MORE ?? "none"', { context })).text).toBe('none')
    expect((await sandbox.listCodeContexts()).map(({ id }) => id)).toContain(context.id)
    await sandbox.removeCodeContext(context)
    await expect(sandbox.runCode('1', { context })).rejects.toMatchObject({ name: 'NotFoundError' })
  })

  test('shows pictures that a program shows or saves, since there is no screen', async ({ skip }) => {
    const { error } = await sandbox.runCode('from PIL import Image')
    if (error !== undefined) skip('this machine has no Pillow: sh infra/provision/python-data.sh install')
    const { results, logs } = await sandbox.runCode(
      "picture = Image.new('RGB', (2, 2))\npicture.show()\npicture.save('/tmp/p.png')\nprint('done')",
    )
    expect(results.map(({ png }) => png?.startsWith('iVBOR'))).toEqual([true, true])
    expect(logs.stdout).toEqual(['done\n'])
    expect(await sandbox.files.exists('/tmp/p.png')).toBe(true)
  })

  test('shows figures also where the template says that there is no screen', async ({ skip }) => {
    const { error } = await sandbox.runCode('import matplotlib')
    if (error !== undefined) skip('this machine has no matplotlib: sh infra/provision/python-data.sh install')
    const screenless = await Sandbox.create({ ...gateway.connection(), envs: { MPLBACKEND: 'Agg' } })
    const { results } = await screenless.runCode(
      "import matplotlib.pyplot as plt\nplt.bar(['a', 'b'], [1, 2])\nplt.title('Two')\nplt.show()",
    )
    expect(results).toHaveLength(1)
    expect(results[0]?.png).toMatch(/^iVBOR/)
    expect(results[0]?.chart).toMatchObject({ type: 'bar', title: 'Two' })
    await screenless.kill()
  })

  test('goes on after a client that gave up', async () => {
    const startedAtMs = Date.now()
    const gaveUp = sandbox.runCode('import time; time.sleep(60)', { timeoutMs: 1000 })
    await expect(gaveUp).rejects.toMatchObject({ name: 'TimeoutError' })
    // The time begins with the head of the answer, which does not wait for the first sign of life.
    expect(Date.now() - startedAtMs).toBeLessThan(5000)
    expect((await sandbox.runCode('1 + 1', { timeoutMs: 30_000 })).text).toBe('2')
  })

  test('tells who waits for a cell that the sandbox was ended meanwhile', async () => {
    const other = await Sandbox.create(gateway.connection())
    const running = other.runCode('import time; time.sleep(60)').catch((error: unknown) => error)
    await expect.poll(async () => (await other.listCodeContexts()).length, { timeout: 20_000 }).toBeGreaterThan(0)
    await other.kill()
    const message = expect.stringContaining('killed while the request was in progress')
    expect(await running).toMatchObject({ name: 'TimeoutError', message })
  })

  test('needs the token of the sandbox', async () => {
    const answer = await fetch(`${gateway.url}/execute`, {
      method: 'POST',
      headers: { 'e2b-sandbox-id': sandbox.sandboxId, 'e2b-sandbox-port': '49999', 'x-access-token': 'wrong' },
      body: JSON.stringify({ code: '1' }),
    })
    expect(answer.status).toBe(401)
  })
})
