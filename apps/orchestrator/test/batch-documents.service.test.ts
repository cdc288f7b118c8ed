import { createLocalAdapter } from '@caisson/adapter-local'
import type { BatchItem, CaissonClient } from '@caisson/client'
import type { RunEvent } from '@caisson/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { addressOf, debianServer, embeddedServer, temporaryDirectory } from './support/databases.ts'
import { type SampleDocument, sampleDocuments } from './support/documents.ts'
import { leftoversOf } from './support/leftovers.ts'
import { endOrchestrators, freePort, startOrchestrator } from './support/orchestrator-process.ts'

/** `CAISSON_TEST_DOCUMENTS=2000` for the whole demonstration, on both servers. */
const asked = process.env['CAISSON_TEST_DOCUMENTS']
const count = Number(asked ?? 60)
const workers = 4
const isRoot = process.getuid?.() === 0

const adapter = createLocalAdapter()
const health = await adapter.probe()
await adapter[Symbol.asyncDispose]()

/** A scan for what compliance asks after. It knows nothing of Caisson: a document lies in its directory, and what it prints is the result. */
const scan = `
import hashlib, json, re, subprocess, sys, zipfile
name = json.load(sys.stdin)['name']
data = open('document', 'rb').read()
if name.endswith('.pdf'):
    text = subprocess.run(['pdftotext', 'document', '-'], capture_output=True, check=True).stdout.decode('utf-8', 'replace')
elif name.endswith('.docx'):
    text = re.sub(r'<[^>]+>', ' ', zipfile.ZipFile('document').read('word/document.xml').decode())
else:
    text = data.decode('utf-8', 'replace')
print(json.dumps({
    'sha256': hashlib.sha256(data).hexdigest(),
    'words': len(text.split()),
    'addresses': len(set(re.findall(r'[\\w.+-]+@[\\w-]+\\.[\\w.]+', text))),
    'accounts': len(set(re.findall(r'\\b[A-Z]{2}\\d{20}\\b', text))),
}))
`

const resultSchema = z.object({ sha256: z.string(), words: z.int(), addresses: z.int(), accounts: z.int() })

afterEach(endOrchestrators)

async function upload(client: CaissonClient, documents: readonly SampleDocument[]): Promise<readonly string[]> {
  const ids: string[] = []
  for (let start = 0; start < documents.length; start += 8) {
    const some = documents.slice(start, start + 8)
    const stored = await Promise.all(some.map(async ({ name, bytes }) => await client.artifacts.put(name, bytes)))
    ids.push(...stored.map(({ id }) => id))
  }
  return ids
}

describe.skipIf(health.status !== 'healthy').each([
  { name: 'the embedded Postgres', start: embeddedServer, skip: false },
  {
    name: "Debian's Postgres (only as root, who can start it, and with CAISSON_TEST_DOCUMENTS)",
    start: debianServer,
    skip: !isRoot || asked === undefined,
  },
])(
  `${count} documents and ${workers} workers on $name (${health.reason ?? 'local adapter healthy'})`,
  ({ start: startServer, skip }) => {
    if (skip) {
      it.skip('takes a minute, and root to start Postgres as user postgres', () => {})
      return
    }
    it(
      'lose nothing and do nothing twice, although one of the workers is killed',
      { timeout: 120_000 + 2_000 * count },
      async () => {
        await using server = await startServer()
        await using directory = await temporaryDirectory()
        const environment = { DATABASE_URL: addressOf(await server.fresh()), CAISSON_BATCH_WORKERS: '1' }
        const [documents, ports] = await Promise.all([
          sampleDocuments(count),
          Promise.all(Array.from({ length: workers }, freePort)),
        ])
        const start = async (port: number) => await startOrchestrator(directory.path, port, environment)
        // The first makes the tables and the key.
        const victim = await start(ports[0] ?? 0)
        const [witness] = await Promise.all(ports.slice(1).map(start))
        if (witness === undefined) throw new Error('there are several')

        const uploadedAtMs = Date.now()
        const artifacts = await upload(witness.client, documents)
        const begunAtMs = Date.now()
        // The one that is killed has the run as well, so that not only items have to be taken over.
        const { id } = await victim.client.runs.submit({
          kind: 'batch.run',
          input: {
            task: { language: 'python', code: scan },
            items: documents.map(({ name }) => ({ name })),
            itemFiles: artifacts.map((artifact) => [{ path: 'document', content: { artifact } }]),
            concurrency: workers,
          },
          timeoutMs: 3_600_000,
        })
        const { batches } = witness.client
        const isFar = async () => (await batches.get(id).catch(() => undefined))?.counts.succeeded ?? 0
        await vi.waitUntil(async () => (await isFar()) >= count / 4, { timeout: 1_800_000, interval: 100 })
        const atKill = await batches.get(id)
        expect(atKill.counts.waiting).toBeGreaterThan(0)
        const before = await succeededOf(witness.client, id)
        const killedAtMs = Date.now()
        await victim.kill('SIGKILL')

        const run = await witness.client.runs.wait(id)
        const endedAtMs = Date.now()
        expect(run.error).toBeUndefined()
        expect(run.status).toBe('succeeded')
        expect(await batches.get(id)).toMatchObject({
          state: 'over',
          counts: { waiting: 0, running: 0, succeeded: count, dead: 0, cancelled: 0 },
        })

        const items = await Array.fromAsync(batches.items(id))
        expect(items.map(({ index }) => index)).toEqual(documents.map((_document, index) => index))
        // Each result is that of its own document.
        const results = items.map(({ result }) => resultSchema.parse(result))
        expect(results.map(({ sha256 }) => sha256)).toEqual(documents.map(({ sha256 }) => sha256))
        expect(results.filter(({ words }) => words === 0).length).toBeLessThan(count / 10)

        // Only what the dead worker had in hand was begun twice, and nothing that was done before.
        const twice = items.filter(({ attempts }) => attempts > 1)
        expect(twice.length).toBeLessThanOrEqual(1)
        expect(items.every(({ attempts }) => attempts <= 2)).toBe(true)
        const doneBefore = new Set(before.map(({ index }) => index))
        expect(twice.filter(({ index }) => doneBefore.has(index))).toEqual([])
        // The log says the same, which is written by who runs them and not by who counts them.
        const printed = sourcesOf(await Array.fromAsync(witness.client.runs.log(id)))
        expect(printed.filter((source) => source.endsWith('.2')).length).toBeLessThanOrEqual(twice.length)
        expect(new Set(printed).size).toBe(printed.length)

        // Sandboxes were used many times, and all are gone.
        const sandboxes = new Set(
          run.attempts.flatMap(({ sandbox }) => (sandbox === undefined ? [] : [String(sandbox)])),
        )
        expect(sandboxes.size).toBeLessThan(count / 4)
        expect(await witness.client.sandboxes.list()).toEqual([])
        const figures = {
          documents: count,
          kinds: kindsOf(documents),
          uploadSeconds: (begunAtMs - uploadedAtMs) / 1000,
          seconds: (endedAtMs - begunAtMs) / 1000,
          perSecond: Math.round((10 * count) / ((endedAtMs - begunAtMs) / 1000)) / 10,
          doneAtKill: atKill.counts.succeeded,
          secondsAfterKill: (endedAtMs - killedAtMs) / 1000,
          begunTwice: twice.length,
          sandboxes: sandboxes.size,
        }
        if (asked !== undefined) process.stdout.write(`${JSON.stringify(figures)}\n`)

        await endOrchestrators()
        await expect
          .poll(async () => await leftoversOf(directory.path, [...sandboxes]), { timeout: 30_000 })
          .toEqual([])
      },
    )
  },
)

async function succeededOf(client: CaissonClient, id: string): Promise<readonly BatchItem[]> {
  return await Array.fromAsync(client.batches.items(id, { states: ['succeeded'] }))
}

function sourcesOf(events: readonly RunEvent[]): readonly string[] {
  const firsts = events.filter((event) => event.type === 'output' && event.stream === 'stdout' && event.offset === 0)
  return firsts.map((event) => (event.type === 'output' ? event.source : ''))
}

function kindsOf(documents: readonly SampleDocument[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { name, origin } of documents) {
    const kind = `${/\.(pdf|docx)$/.exec(name)?.[1] ?? 'text'} ${origin}`
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}
