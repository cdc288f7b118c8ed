import { isSandboxError, type ProcessSpec, readFileText } from '@caisson/core'
import type {
  CompletionList,
  LspCompletionParams,
  LspDocumentRequest,
  LspServerRequest,
  LspSymbol,
} from '@daytona/toolbox-api-client'
import type { Routes } from '@caisson/compat-kit'
import { z } from 'zod'
import { DaytonaError } from '../../daytona-error.ts'
import { bodyOf, parse } from '../../http/body.ts'
import { ok } from '../../http/call.ts'
import { type Entry, withEnv } from '../../sandboxes/entry.ts'
import type { ToolboxCall, ToolboxHandle } from '../call.ts'
import { type LanguageServer, openLanguageServer } from './rpc.ts'
import { symbolsOf } from './symbols.ts'

interface Served {
  readonly server: LanguageServer
  /** Addresses of the documents that are open. */
  readonly open: Set<string>
}

const programs: Readonly<Record<string, ProcessSpec['argv']>> = {
  python: ['pylsp'],
  typescript: ['typescript-language-server', '--stdio'],
  javascript: ['typescript-language-server', '--stdio'],
}

const servedOf = new WeakMap<Entry, Map<string, Served>>()
const serverBody = bodyOf<LspServerRequest>()({ languageId: z.string(), pathToProject: z.string().min(1) })
const documentBody = bodyOf<LspDocumentRequest>()({
  languageId: z.string(),
  pathToProject: z.string().min(1),
  uri: z.string().startsWith('file://'),
})
const completionBody = bodyOf<LspCompletionParams>()({
  languageId: z.string(),
  pathToProject: z.string().min(1),
  uri: z.string().startsWith('file://'),
  position: z.object({ line: z.number(), character: z.number() }),
  context: z.object({ triggerKind: z.number(), triggerCharacter: z.string().optional() }).optional(),
})

type Named = z.output<typeof serverBody>
const keyOf = ({ languageId, pathToProject }: Named): string => `${languageId}\n${pathToProject}`

function serverOf(entry: Entry, named: Named): Served {
  const served = servedOf.get(entry)?.get(keyOf(named))
  if (served !== undefined) return served
  throw new DaytonaError(400, `no language server for ${named.languageId} was started at ${named.pathToProject}`, {
    code: 'LSP_SERVER_NOT_INITIALIZED',
  })
}

/** Clients write paths that are relative to the work directory into addresses, where there is no such thing. */
async function addressOf(entry: Entry, uri: string): Promise<{ readonly path: string; readonly address: string }> {
  const given = uri.slice('file://'.length)
  const path = given.startsWith('/') ? given : `${(await entry.facts()).home}/${given}`
  return { path, address: `file://${path}` }
}

const start: ToolboxHandle<never> = async ({ entry, env, json }) => {
  const named = parse(serverBody, await json())
  const all = servedOf.get(entry) ?? new Map<string, Served>()
  servedOf.set(entry, all)
  if (all.has(keyOf(named))) return { status: 200 }
  const argv = programs[named.languageId]
  if (argv === undefined) throw new DaytonaError(400, `there is no language server for ${named.languageId}`)
  const { address } = await addressOf(entry, `file://${named.pathToProject}`)
  const process = await entry.sandbox.processes.spawn(withEnv(env, { argv, stdin: 'pipe' })).catch((error: unknown) => {
    if (!isSandboxError(error) || error.code !== 'path-not-found') throw error
    throw new DaytonaError(400, `${argv[0]} is not in this sandbox: use a template that has it, as daytona`, {
      cause: error,
    })
  })
  const server = openLanguageServer(process)
  try {
    await server.request('initialize', {
      processId: null,
      rootUri: address,
      capabilities: {},
      workspaceFolders: [{ uri: address, name: named.pathToProject }],
    })
    await server.notify('initialized', {})
  } catch (error) {
    await server.close()
    throw error
  }
  all.set(keyOf(named), { server, open: new Set() })
  return { status: 200 }
}

const stop: ToolboxHandle<never> = async ({ entry, json }) => {
  const named = parse(serverBody, await json())
  const { server } = serverOf(entry, named)
  servedOf.get(entry)?.delete(keyOf(named))
  await server.close()
  return { status: 200 }
}

const didOpen: ToolboxHandle<never> = async ({ entry, json, signal }) => {
  const body = parse(documentBody, await json())
  const { server, open } = serverOf(entry, body)
  const { path, address } = await addressOf(entry, body.uri)
  const text = await readFileText(entry.sandbox, path, { signal })
  await server.notify('textDocument/didOpen', {
    textDocument: { uri: address, languageId: body.languageId, version: 1, text },
  })
  open.add(address)
  return { status: 200 }
}

const didClose: ToolboxHandle<never> = async ({ entry, json }) => {
  const body = parse(documentBody, await json())
  const { server, open } = serverOf(entry, body)
  const { address } = await addressOf(entry, body.uri)
  await server.notify('textDocument/didClose', { textDocument: { uri: address } })
  open.delete(address)
  return { status: 200 }
}

function named({ query }: ToolboxCall): Named {
  return parse(serverBody, Object.fromEntries(query))
}

const documentSymbols: ToolboxHandle<LspSymbol[]> = async (call) => {
  const { server } = serverOf(call.entry, named(call))
  const { address } = await addressOf(call.entry, call.query.get('uri') ?? 'file://')
  return ok(symbolsOf(await server.request('textDocument/documentSymbol', { textDocument: { uri: address } }), address))
}

/** Servers that cannot search a project are asked for the documents that are open. */
const workspaceSymbols: ToolboxHandle<LspSymbol[]> = async (call) => {
  const { server, open } = serverOf(call.entry, named(call))
  const query = call.query.get('query') ?? ''
  const found = await server.request('workspace/symbol', { query }).catch(() => undefined)
  if (found !== undefined && found !== null) return ok(symbolsOf(found, ''))
  const symbols: LspSymbol[] = []
  for (const address of open) {
    const answer = await server.request('textDocument/documentSymbol', { textDocument: { uri: address } })
    symbols.push(...symbolsOf(answer, address).filter(({ name }) => name.toLowerCase().includes(query.toLowerCase())))
  }
  return ok(symbols)
}

const completionSchema = z.object({
  isIncomplete: z.boolean().default(false),
  items: z
    .array(
      z.object({
        label: z.string(),
        kind: z.number().optional(),
        detail: z.string().optional(),
        insertText: z.string().optional(),
        sortText: z.string().optional(),
        filterText: z.string().optional(),
      }),
    )
    .max(10_000),
})

const completions: ToolboxHandle<CompletionList> = async ({ entry, json }) => {
  const body = parse(completionBody, await json())
  const { server } = serverOf(entry, body)
  const { address } = await addressOf(entry, body.uri)
  const answer = await server.request('textDocument/completion', {
    textDocument: { uri: address },
    position: body.position,
    ...(body.context === undefined ? {} : { context: body.context }),
  })
  const list = completionSchema.safeParse(Array.isArray(answer) ? { items: answer } : answer)
  if (!list.success) return ok({ isIncomplete: false, items: [] })
  return ok({
    isIncomplete: list.data.isIncomplete,
    items: list.data.items.map((item) =>
      Object.assign(
        { label: item.label },
        Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)),
      ),
    ),
  })
}

/** Language servers of the template, spoken to for clients. They live as long as this process of the service knows them. */
export const lspRoutes: Routes<ToolboxHandle> = {
  'POST /lsp/start': start,
  'POST /lsp/stop': stop,
  'POST /lsp/did-open': didOpen,
  'POST /lsp/did-close': didClose,
  'GET /lsp/document-symbols': documentSymbols,
  'GET /lsp/workspacesymbols': workspaceSymbols,
  'POST /lsp/completions': completions,
}
