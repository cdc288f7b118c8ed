import { setTimeout as delay } from 'node:timers/promises'
import {
  type CompletedProcess,
  decodeText,
  isSandboxError,
  mib,
  type Process,
  runProcess,
  secondMs,
} from '@caisson/core'
import { DaytonaError } from '../../daytona-error.ts'
import { withEnv } from '../../sandboxes/entry.ts'
import type { ToolboxCall } from '../call.ts'

/** The screen of every sandbox that has one. */
const display = ':0'
const size = '1024x768x24'
const readyMs = 20 * secondMs
const lookEveryMs = 100
const limitMs = 60 * secondMs
const journalBytes = 1 * mib
/** What one tool may print: a picture of the whole screen. */
const keptBytes = 32 * mib

/** What a desktop consists of, in the order in which it starts. */
export const parts = {
  xvfb: ['Xvfb', display, '-screen', '0', size, '-nolisten', 'tcp'],
  openbox: ['openbox'],
} as const satisfies Record<string, readonly [string, ...string[]]>
export type Part = keyof typeof parts
export const partNames: readonly Part[] = ['xvfb', 'openbox']

type Where = Pick<ToolboxCall, 'entry' | 'env' | 'signal'>

const tagOf = (part: Part): string => `daytona-desktop:${part}`

/** The process of a part, also one that another replica started; running or over. */
export async function findPart({ entry }: Where, part: Part): Promise<Process | undefined> {
  try {
    return await entry.sandbox.processes.attach(tagOf(part))
  } catch (error) {
    if (isSandboxError(error) && error.code === 'process-not-found') return undefined
    throw error
  }
}

export async function pidOf({ entry }: Where, part: Part): Promise<number | undefined> {
  return (await entry.sandbox.processes.list()).find(({ tag }) => tag === tagOf(part))?.pid
}

export async function startDesktop(where: Where): Promise<void> {
  await assertDesktop(where)
  for (const part of partNames) {
    await startPart(where, part)
    if (part === 'xvfb') await untilScreen(where)
  }
}

async function startPart(where: Where, part: Part): Promise<void> {
  if ((await pidOf(where, part)) !== undefined) return
  const [program, ...words] = parts[part]
  const spec = { argv: [program, ...words] as const, env: { DISPLAY: display }, tag: tagOf(part), journalBytes }
  try {
    const process = await where.entry.sandbox.processes.spawn(withEnv(where.env, spec))
    await process.output.cancel()
  } catch (error) {
    // Somebody else has just started it.
    if (!isSandboxError(error) || error.code !== 'conflict') throw error
  }
}

async function untilScreen(where: Where): Promise<void> {
  const endsAtMs = Date.now() + readyMs
  while (!(await hasScreen(where))) {
    where.signal.throwIfAborted()
    if (Date.now() > endsAtMs) throw new DaytonaError(503, 'the screen did not come up')
    await delay(lookEveryMs)
  }
}

async function hasScreen(where: Where): Promise<boolean> {
  const { outcome } = await ask(where, ['xdotool', 'getdisplaygeometry'])
  return outcome.kind === 'exited' && outcome.code === 0
}

async function stopPart(where: Where, part: Part): Promise<void> {
  if ((await pidOf(where, part)) === undefined) return
  const process = await findPart(where, part)
  await process?.output.cancel()
  await process?.cancel()
}

export async function stopDesktop(where: Where): Promise<void> {
  for (const part of partNames.toReversed()) await stopPart(where, part)
}

export async function restartPart(where: Where, part: Part): Promise<void> {
  await assertDesktop(where)
  await stopPart(where, part)
  await startPart(where, part)
  if (part === 'xvfb') await untilScreen(where)
}

async function assertDesktop(where: Where): Promise<void> {
  const { outcome } = await ask(where, ['/bin/sh', '-c', 'command -v Xvfb openbox xdotool wmctrl scrot convert'])
  if (outcome.kind === 'exited' && outcome.code === 0) return
  throw new DaytonaError(
    400,
    'this sandbox has no desktop: build templates/daytona-desktop and make sandboxes of the snapshot daytona-desktop',
  )
}

async function ask({ entry, env, signal }: Where, argv: readonly [string, ...string[]]): Promise<CompletedProcess> {
  const spec = withEnv(env, { argv, env: { DISPLAY: display }, timeoutMs: limitMs })
  try {
    return await runProcess(entry.sandbox, spec, { signal, keepBytes: keptBytes })
  } catch (error) {
    if (!isSandboxError(error) || error.code !== 'path-not-found') throw error
    const none = new Uint8Array()
    const outcome = { kind: 'exited', code: 127 } as const
    return { outcome, durationMs: 0, outputBytes: 0, stdout: none, stderr: none, droppedBytes: 0 }
  }
}

/** Runs a tool of the desktop and gives what it printed. 409 where the desktop was not started. */
export async function useDesktop(where: Where, argv: readonly [string, ...string[]]): Promise<Uint8Array> {
  const { outcome, stdout, stderr } = await ask(where, argv)
  if (outcome.kind === 'exited' && outcome.code === 0) return stdout
  if (!(await hasScreen(where))) {
    await assertDesktop(where)
    throw new DaytonaError(409, 'the desktop does not run: start computer use first')
  }
  throw new DaytonaError(400, `${argv[0]} failed: ${decodeText(stderr).trim().slice(0, 500) || outcome.kind}`)
}
