import type { Routes } from '@caisson/compat-kit'
import type { ToolboxHandle } from '../call.ts'
import { hotkey, press, type } from './keyboard.ts'
import { click, drag, move, readPosition, scroll } from './mouse.ts'
import {
  readProcess,
  readProcessErrors,
  readProcessLogs,
  readStatus,
  restartProcess,
  start,
  stop,
} from './processes.ts'
import { readDisplay, readWindows, takeScreenshot } from './screen.ts'

export const desktopRoutes: Routes<ToolboxHandle> = {
  'POST /computeruse/start': start,
  'POST /computeruse/stop': stop,
  'GET /computeruse/status': readStatus,
  'GET /computeruse/process-status': readStatus,
  'GET /computeruse/process/:/status': readProcess,
  'POST /computeruse/process/:/restart': restartProcess,
  'GET /computeruse/process/:/logs': readProcessLogs,
  'GET /computeruse/process/:/errors': readProcessErrors,
  'GET /computeruse/mouse/position': readPosition,
  'POST /computeruse/mouse/move': move,
  'POST /computeruse/mouse/click': click,
  'POST /computeruse/mouse/drag': drag,
  'POST /computeruse/mouse/scroll': scroll,
  'POST /computeruse/keyboard/type': type,
  'POST /computeruse/keyboard/key': press,
  'POST /computeruse/keyboard/hotkey': hotkey,
  'GET /computeruse/screenshot': takeScreenshot({ isCompressed: false, isRegion: false }),
  'GET /computeruse/screenshot/region': takeScreenshot({ isCompressed: false, isRegion: true }),
  'GET /computeruse/screenshot/compressed': takeScreenshot({ isCompressed: true, isRegion: false }),
  'GET /computeruse/screenshot/region/compressed': takeScreenshot({ isCompressed: true, isRegion: true }),
  'GET /computeruse/display/info': readDisplay,
  'GET /computeruse/display/windows': readWindows,
}
