import type {
  MouseClickRequest,
  MouseClickResponse,
  MouseDragRequest,
  MouseDragResponse,
  MouseMoveRequest,
  MousePositionResponse,
  MouseScrollRequest,
  ScrollResponse,
} from '@daytona/toolbox-api-client'
import { decodeText } from '@caisson/core'
import { z } from 'zod'
import { DaytonaError } from '../../daytona-error.ts'
import { bodyOf, parse } from '../../http/body.ts'
import { ok } from '../../http/call.ts'
import type { ToolboxCall, ToolboxHandle } from '../call.ts'
import { useDesktop } from './desktop.ts'

const buttons: Readonly<Record<string, number>> = { left: 1, middle: 2, right: 3 }
const wheel = { up: 4, down: 5 } as const
const coordinate = z.int().min(0).max(32_767)
const button = z.string().optional()
const moveBody = bodyOf<MouseMoveRequest>()({ x: coordinate.optional(), y: coordinate.optional() })
const clickBody = bodyOf<MouseClickRequest>()({
  x: coordinate.optional(),
  y: coordinate.optional(),
  button,
  double: z.boolean().optional(),
})
const dragBody = bodyOf<MouseDragRequest>()({
  startX: coordinate.optional(),
  startY: coordinate.optional(),
  endX: coordinate.optional(),
  endY: coordinate.optional(),
  button,
})
const scrollBody = bodyOf<MouseScrollRequest>()({
  x: coordinate.optional(),
  y: coordinate.optional(),
  direction: z.string().optional(),
  amount: z.int().min(1).max(1000).optional(),
})

function buttonOf(name = 'left'): string {
  const number = Object.hasOwn(buttons, name) ? buttons[name] : undefined
  if (number !== undefined) return String(number)
  throw new DaytonaError(400, `button: ${name} is none of ${Object.keys(buttons).join(', ')}`)
}

const moving = (x = 0, y = 0): readonly string[] => ['mousemove', String(x), String(y)]

export async function positionOf(call: ToolboxCall): Promise<{ readonly x: number; readonly y: number }> {
  const text = decodeText(await useDesktop(call, ['xdotool', 'getmouselocation', '--shell']))
  return { x: Number(/^X=(\d+)$/m.exec(text)?.[1]), y: Number(/^Y=(\d+)$/m.exec(text)?.[1]) }
}

export const readPosition: ToolboxHandle<MousePositionResponse> = async (call) => ok(await positionOf(call))

export const move: ToolboxHandle<MousePositionResponse> = async (call) => {
  const { x, y } = parse(moveBody, await call.json())
  await useDesktop(call, ['xdotool', ...moving(x, y)])
  return ok(await positionOf(call))
}

export const click: ToolboxHandle<MouseClickResponse> = async (call) => {
  const { x, y, button: name, double = false } = parse(clickBody, await call.json())
  const twice = double ? ['--repeat', '2', '--delay', '60'] : []
  await useDesktop(call, ['xdotool', ...moving(x, y), 'click', ...twice, buttonOf(name)])
  return ok(await positionOf(call))
}

export const drag: ToolboxHandle<MouseDragResponse> = async (call) => {
  const { startX, startY, endX, endY, button: name } = parse(dragBody, await call.json())
  const held = buttonOf(name)
  await useDesktop(call, [
    'xdotool',
    ...moving(startX, startY),
    'mousedown',
    held,
    ...moving(endX, endY),
    'mouseup',
    held,
  ])
  return ok(await positionOf(call))
}

export const scroll: ToolboxHandle<ScrollResponse> = async (call) => {
  const { x, y, direction, amount = 1 } = parse(scrollBody, await call.json())
  if (direction !== 'up' && direction !== 'down') throw new DaytonaError(400, 'direction: up or down')
  const turned = ['click', '--repeat', String(amount), '--delay', '10', String(wheel[direction])]
  await useDesktop(call, ['xdotool', ...moving(x, y), ...turned])
  return ok({ success: true })
}
