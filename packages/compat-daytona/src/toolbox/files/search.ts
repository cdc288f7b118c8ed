import { readFileText } from '@caisson/core'
import type { Match, ReplaceRequest, ReplaceResult, SearchFilesResponse } from '@daytona/toolbox-api-client'
import { z } from 'zod'
import { toDaytonaError } from '../../daytona-error.ts'
import { bodyOf, parse } from '../../http/body.ts'
import { ok } from '../../http/call.ts'
import type { ToolboxHandle } from '../call.ts'
import { run } from '../process/run.ts'
import { pathOf } from './manage.ts'

const mostMatches = 10_000

/** `GET /files/find`: lines that contain a text, in all files below a path that are text. */
export const findInFiles: ToolboxHandle<Match[]> = async (call) => {
  const path = pathOf(call)
  const pattern = pathOf(call, 'pattern')
  await call.entry.sandbox.files.stat(path, { signal: call.signal })
  const { stdout } = await run(call, { argv: ['grep', '-rnIFZ', '-e', pattern, '--', path] })
  const matches = stdout.split('\n').flatMap((line): Match[] => {
    const end = line.indexOf('\0')
    const [, number, content] = /^(\d+):(.*)$/s.exec(line.slice(end + 1)) ?? []
    if (end < 0 || number === undefined || content === undefined) return []
    return [{ file: line.slice(0, end), line: Number(number), content }]
  })
  return ok(matches.slice(0, mostMatches))
}

/** `GET /files/search`: files below a path whose name matches a pattern of the shell. */
export const searchFiles: ToolboxHandle<SearchFilesResponse> = async (call) => {
  const path = pathOf(call)
  const pattern = pathOf(call, 'pattern')
  await call.entry.sandbox.files.stat(path, { signal: call.signal })
  // A path that begins with a dash would be an option to find.
  const from = path.startsWith('-') ? `./${path}` : path
  const { stdout } = await run(call, { argv: ['find', from, '-name', pattern, '-print0'] })
  return ok({ files: stdout.split('\0').filter((file) => file !== '') })
}

const replaceBody = bodyOf<ReplaceRequest>()({
  files: z.array(z.string().min(1)).max(10_000),
  newValue: z.string(),
  pattern: z.string().min(1),
})

/** `POST /files/replace`: each file is told of on its own. */
export const replaceInFiles: ToolboxHandle<ReplaceResult[]> = async ({ entry, json, signal }) => {
  const { files, newValue, pattern } = parse(replaceBody, await json())
  const results: ReplaceResult[] = []
  for (const file of files) {
    try {
      const { mode } = await entry.sandbox.files.stat(file, { signal })
      const text = await readFileText(entry.sandbox, file, { signal })
      await entry.sandbox.files.write(file, Buffer.from(text.replaceAll(pattern, () => newValue)), {
        signal,
        mode: mode & 0o777,
      })
      results.push({ file, success: true })
    } catch (error) {
      results.push({ file, success: false, error: toDaytonaError(error).message })
    }
  }
  return ok(results)
}
