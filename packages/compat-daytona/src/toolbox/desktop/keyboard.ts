import type { KeyboardHotkeyRequest, KeyboardPressRequest, KeyboardTypeRequest } from '@daytona/toolbox-api-client'
import { z } from 'zod'
import { DaytonaError } from '../../daytona-error.ts'
import { bodyOf, parse } from '../../http/body.ts'
import type { ToolboxHandle } from '../call.ts'
import { useDesktop } from './desktop.ts'
import { chordOf } from './keys.ts'

const longestText = 20_000
/** What is not on the keyboard is put there while it is typed, and programs need a moment to learn of that. */
const shortestDelayMs = { ascii: 12, other: 120 }
const typeBody = bodyOf<KeyboardTypeRequest>()({
  text: z.string().max(longestText).optional(),
  delay: z.int().min(0).max(1000).optional(),
})
const pressBody = bodyOf<KeyboardPressRequest>()({
  key: z.string().max(64).optional(),
  modifiers: z.array(z.string().max(64)).max(8).optional(),
})
const hotkeyBody = bodyOf<KeyboardHotkeyRequest>()({ keys: z.string().max(256).optional() })

export const type: ToolboxHandle<never> = async (call) => {
  const { text = '', delay = 0 } = parse(typeBody, await call.json())
  const shortest = /^[\n\t -~]*$/.test(text) ? shortestDelayMs.ascii : shortestDelayMs.other
  if (text !== '') await useDesktop(call, ['xdotool', 'type', '--delay', String(Math.max(delay, shortest)), '--', text])
  return { status: 200 }
}

export const press: ToolboxHandle<never> = async (call) => {
  const { key = '', modifiers = [] } = parse(pressBody, await call.json())
  return await strike(call, [...modifiers, key])
}

export const hotkey: ToolboxHandle<never> = async (call) => {
  const { keys = '' } = parse(hotkeyBody, await call.json())
  return await strike(call, keys.split('+'))
}

async function strike(call: Parameters<ToolboxHandle>[0], names: readonly string[]): Promise<{ readonly status: 200 }> {
  const chord = chordOf(names)
  if (chord === undefined) throw new DaytonaError(400, `keys: ${names.join('+')} is no key that we know`)
  await useDesktop(call, ['xdotool', 'key', '--clearmodifiers', '--', chord])
  return { status: 200 }
}
