import type {
  ComputerUseStartResponse,
  ComputerUseStatusResponse,
  ComputerUseStopResponse,
  ProcessErrorsResponse,
  ProcessLogsResponse,
  ProcessRestartResponse,
  ProcessStatus,
  ProcessStatusResponse,
} from '@daytona/toolbox-api-client'
import { DaytonaError } from '../../daytona-error.ts'
import { ok } from '../../http/call.ts'
import type { ToolboxCall, ToolboxHandle } from '../call.ts'
import { printedSoFar } from '../process/printed-so-far.ts'
import { findPart, type Part, partNames, pidOf, restartPart, startDesktop, stopDesktop } from './desktop.ts'

export const start: ToolboxHandle<ComputerUseStartResponse> = async (call) => {
  await startDesktop(call)
  return ok({ message: 'computer use is started', status: await statusOf(call) })
}

export const stop: ToolboxHandle<ComputerUseStopResponse> = async (call) => {
  await stopDesktop(call)
  return ok({ message: 'computer use is stopped', status: await statusOf(call) })
}

export const readStatus: ToolboxHandle<ComputerUseStatusResponse> = async (call) => {
  const running = Object.values(await statusOf(call)).filter((part) => part.running === true)
  if (running.length === 0) return ok({ status: 'inactive' })
  return ok({ status: running.length === partNames.length ? 'active' : 'partial' })
}

async function statusOf(call: ToolboxCall): Promise<Record<string, ProcessStatus>> {
  const entries = await Promise.all(
    partNames.map(async (part, priority) => {
      const pid = await pidOf(call, part)
      return [part, { running: pid !== undefined, autoRestart: false, priority, ...(pid === undefined ? {} : { pid }) }]
    }),
  )
  return Object.fromEntries(entries) as Record<string, ProcessStatus>
}

function partOf({ parts }: ToolboxCall): Part {
  const part = partNames.find((name) => name === parts[0])
  if (part !== undefined) return part
  throw new DaytonaError(404, `the desktop has no process ${parts[0] ?? ''}: it has ${partNames.join(' and ')}`)
}

export const readProcess: ToolboxHandle<ProcessStatusResponse> = async (call) => {
  const processName = partOf(call)
  return ok({ processName, running: (await pidOf(call, processName)) !== undefined })
}

export const restartProcess: ToolboxHandle<ProcessRestartResponse> = async (call) => {
  const processName = partOf(call)
  await restartPart(call, processName)
  return ok({ processName, message: `${processName} is restarted` })
}

export const readProcessLogs: ToolboxHandle<ProcessLogsResponse> = async (call) => {
  const processName = partOf(call)
  return ok({ processName, logs: await printedBy(call, processName, 'stdout') })
}

export const readProcessErrors: ToolboxHandle<ProcessErrorsResponse> = async (call) => {
  const processName = partOf(call)
  return ok({ processName, errors: await printedBy(call, processName, 'stderr') })
}

/** What it printed so far. */
async function printedBy(call: ToolboxCall, part: Part, stream: 'stdout' | 'stderr'): Promise<string> {
  const process = await findPart(call, part)
  return process === undefined ? '' : (await printedSoFar(process))[stream]
}
