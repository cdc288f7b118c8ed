import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLocalAdapter } from '@caisson/adapter-local'
import { readLocalTemplates } from '@caisson/template-builder/local'
import { Daytona, type Sandbox } from '@daytonaio/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './support/start-gateway.ts'
import { told } from './support/told.ts'

const templates = fileURLToPath(new URL('../../../.caisson/templates', import.meta.url))
const isBuilt = existsSync(join(templates, 'names/daytona-desktop/rootfs'))
const how = 'CAISSON_TEMPLATES=$PWD/.caisson/templates npm run caisson -- template build templates/daytona-desktop'
const reason = isBuilt ? undefined : `daytona-desktop is not built: ${how}`

describe.skipIf(reason !== undefined)(`computer use${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const started = new AsyncDisposableStack()
  let gateway: TestGateway
  let daytona: Daytona
  let sandbox: Sandbox

  beforeAll(async () => {
    const stateDirectory = await mkdtemp(join(tmpdir(), 'caisson-desktop-'))
    started.defer(async () => await rm(stateDirectory, { recursive: true, force: true }))
    const built = await readLocalTemplates(templates)
    gateway = started.use(
      await startGateway(started.use(createLocalAdapter({ stateDirectory, templates: built, preparedSandboxes: 0 }))),
    )
    daytona = started.use(new Daytona({ ...gateway.connection(), target: 'local', useDeprecatedPolling: true }))
    sandbox = await daytona.create({ snapshot: 'daytona-desktop' })
  })
  afterAll(async () => {
    await sandbox.delete()
    expect(gateway.memory.failures).toEqual([])
    await started.disposeAsync()
  })

  const sizeOf = (base64: string | undefined): readonly [width: number, height: number] => {
    const bytes = Buffer.from(base64 ?? '', 'base64')
    expect(bytes.subarray(1, 4).toString('latin1')).toBe('PNG')
    return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
  }

  test('starts once, tells what runs, and is refused before', async () => {
    const { computerUse } = sandbox
    expect(await told(computerUse.screenshot.takeFullScreen())).toMatchObject({ statusCode: 409 })
    expect(await computerUse.getStatus()).toEqual({ status: 'inactive' })
    await Promise.all([computerUse.start(), computerUse.start()])
    expect(await computerUse.getStatus()).toEqual({ status: 'active' })
    expect(await computerUse.getProcessStatus('xvfb')).toEqual({ processName: 'xvfb', running: true })
    expect(await computerUse.getProcessErrors('openbox')).toMatchObject({ processName: 'openbox' })
    expect(await told(computerUse.getProcessStatus('../x'))).toMatchObject({ statusCode: 404 })
    expect(await computerUse.display.getInfo()).toMatchObject({ displays: [{ width: 1024, height: 768 }] })
  })

  test('moves, clicks, drags and scrolls, and types into a window', async () => {
    const { mouse, keyboard, display } = sandbox.computerUse
    expect(await mouse.move(100, 150)).toEqual({ x: 100, y: 150 })
    expect(await mouse.getPosition()).toEqual({ x: 100, y: 150 })
    await sandbox.process.createSession('window')
    const command = 'xterm -title typed -geometry 60x10+200+200 -e "cat > /tmp/typed"'
    await sandbox.process.executeSessionCommand('window', { command, runAsync: true })
    await expect
      .poll(async () => (await display.getWindows()).windows?.some(({ title }) => title === 'typed'), {
        timeout: 20_000,
      })
      .toBe(true)
    expect(await mouse.click(300, 260)).toEqual({ x: 300, y: 260 })
    await expect
      .poll(async () => (await display.getWindows()).windows?.find(({ isActive }) => isActive)?.title)
      .toBe('typed')
    await keyboard.type('Hello, "$(World)" äß')
    await keyboard.press('enter')
    await expect
      .poll(async () => (await sandbox.process.executeCommand('cat /tmp/typed')).result, { timeout: 20_000 })
      .toBe('Hello, "$(World)" äß\n')
    expect(await mouse.scroll(300, 260, 'down', 3)).toBe(true)
    expect(await mouse.drag(300, 210, 320, 230)).toEqual({ x: 320, y: 230 })
    await keyboard.hotkey('ctrl+d')
    await expect.poll(async () => (await display.getWindows()).windows).toEqual([])
    expect(await told(mouse.click(1, 1, 'nose'))).toMatchObject({ statusCode: 400 })
    expect(await told(mouse.move(-5, 1))).toMatchObject({ statusCode: 400 })
    expect(await told(keyboard.press('$(touch x)'))).toMatchObject({ statusCode: 400 })
  })

  test('takes pictures of all, of a part, and small ones', async () => {
    const { screenshot } = sandbox.computerUse
    const full = await screenshot.takeFullScreen(true)
    expect(sizeOf(full.screenshot)).toEqual([1024, 768])
    expect(full.cursorPosition).toMatchObject({ x: expect.any(Number) })
    // The SDK's own call for this sends its numbers in another order.
    const { apiKey } = gateway.connection()
    const asked = `${gateway.url}/toolbox/${sandbox.id}/computeruse/screenshot/region?x=10&y=20&width=300&height=200`
    const answer = await fetch(asked, { headers: { authorization: `Bearer ${apiKey}` } })
    const part = (await answer.json()) as { readonly screenshot: string }
    expect(sizeOf(part.screenshot)).toEqual([300, 200])
    const small = await screenshot.takeCompressed({ format: 'jpeg', quality: 40, scale: 0.5 })
    expect(Buffer.from(small.screenshot ?? '', 'base64').subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]))
    const both = await screenshot.takeCompressedRegion({ x: 0, y: 0, width: 200, height: 100 }, { scale: 0.5 })
    expect(sizeOf(both.screenshot)).toEqual([100, 50])
  })

  test('restarts a part and stops', async () => {
    const { computerUse } = sandbox
    await computerUse.restartProcess('openbox')
    expect(await computerUse.getProcessStatus('openbox')).toMatchObject({ running: true })
    await computerUse.stop()
    expect(await computerUse.getStatus()).toEqual({ status: 'inactive' })
    expect(await told(computerUse.mouse.getPosition())).toMatchObject({ statusCode: 409 })
  })
})
