import type { DisplayInfoResponse, ScreenshotResponse, WindowInfo, WindowsResponse } from '@daytona/toolbox-api-client'
import { decodeText } from '@caisson/core'
import { z } from 'zod'
import { parse } from '../../http/body.ts'
import { ok } from '../../http/call.ts'
import type { ToolboxCall, ToolboxHandle } from '../call.ts'
import { useDesktop } from './desktop.ts'
import { positionOf } from './mouse.ts'

const side = z.coerce.number().int().min(0).max(32_767)
const flag = z.enum(['true', 'false']).transform((text) => text === 'true')
const pictureSchema = z.object({
  showCursor: flag.default(false),
  format: z.enum(['png', 'jpeg', 'jpg', 'webp']).default('png'),
  quality: z.coerce.number().int().min(1).max(100).default(85),
  scale: z.coerce.number().min(0.05).max(1).default(1),
})
const regionSchema = z.object({ x: side, y: side, width: side.min(1), height: side.min(1) })

/** Takes the picture with or without the mouse, and gives what `convert` makes of it. */
const script = `f=$(mktemp --suffix=.png) && trap 'rm -f "$f"' EXIT && scrot -o -z $1 "$f" && shift && convert "$f" "$@"`

async function take(
  call: ToolboxCall,
  { isCompressed, region }: { readonly isCompressed: boolean; readonly region?: z.output<typeof regionSchema> },
): Promise<ScreenshotResponse> {
  const wish = parse(pictureSchema, Object.fromEntries(call.query))
  const { showCursor, quality, scale } = wish
  const format = isCompressed ? wish.format : 'png'
  const words = [
    ...(region === undefined ? [] : ['-crop', `${region.width}x${region.height}+${region.x}+${region.y}`, '+repage']),
    ...(isCompressed ? ['-resize', `${scale * 100}%`, '-quality', String(quality)] : []),
    `${format === 'jpg' ? 'jpeg' : format}:-`,
  ]
  const pointer = showCursor ? '-p' : ''
  const picture = await useDesktop(call, ['/bin/sh', '-ec', script, 'sh', pointer, ...words])
  return {
    screenshot: Buffer.from(picture).toString('base64'),
    sizeBytes: picture.byteLength,
    ...(showCursor ? { cursorPosition: await positionOf(call) } : {}),
  }
}

/** `GET /computeruse/screenshot` and what is below it. */
export function takeScreenshot(kind: {
  readonly isCompressed: boolean
  readonly isRegion: boolean
}): ToolboxHandle<ScreenshotResponse> {
  return async (call) => {
    const region = kind.isRegion ? parse(regionSchema, Object.fromEntries(call.query)) : undefined
    return ok(await take(call, { isCompressed: kind.isCompressed, ...(region === undefined ? {} : { region }) }))
  }
}

export const readDisplay: ToolboxHandle<DisplayInfoResponse> = async (call) => {
  const [width, height] = decodeText(await useDesktop(call, ['xdotool', 'getdisplaygeometry']))
    .trim()
    .split(' ')
    .map(Number)
  return ok({ displays: [{ id: 0, x: 0, y: 0, width: width ?? 0, height: height ?? 0, isActive: true }] })
}

const windowPattern = /^(0x[0-9a-f]+)\s+-?\d+\s+(-?\d+)\s+(-?\d+)\s+(\d+)\s+(\d+)\s+\S+\s?(.*)$/

export const readWindows: ToolboxHandle<WindowsResponse> = async (call) => {
  const listed = decodeText(await useDesktop(call, ['wmctrl', '-lG']))
  const asked = ['/bin/sh', '-c', 'xdotool getactivewindow 2>/dev/null || true'] as const
  const active = Number(decodeText(await useDesktop(call, asked)))
  const windows = listed.split('\n').flatMap((line): WindowInfo[] => {
    const [, id, x, y, width, height, title = ''] = windowPattern.exec(line) ?? []
    if (id === undefined) return []
    const number = Number(id)
    return [
      {
        id: number,
        title,
        x: Number(x),
        y: Number(y),
        width: Number(width),
        height: Number(height),
        isActive: number === active,
      },
    ]
  })
  return ok({ windows })
}
