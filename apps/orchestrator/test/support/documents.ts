import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface SampleDocument {
  readonly name: string
  readonly bytes: Uint8Array
  readonly sha256: string
  readonly origin: 'real' | 'generated' | 'repeated'
}

const run = promisify(execFile)
const office = '/usr/bin/soffice'
const maxBytes = 512 * 1024
const maxDepth = 8

/**
 * As many documents as asked for: 4 of 10 texts, 3 PDFs and 3 DOCX. Those that packages of this machine carry come first, then those that the office program makes;
 * where there is none, the rest are repetitions.
 */
export async function sampleDocuments(count: number): Promise<readonly SampleDocument[]> {
  const wanted = { txt: Math.ceil(count * 0.4), pdf: Math.floor(count * 0.3), docx: Math.floor(count * 0.3) }
  const repository = join(import.meta.dirname, '../../../..')
  const places = {
    txt: ['/usr/share/doc', '/usr/share/common-licenses', join(repository, 'docs')],
    pdf: [
      join(repository, 'examples/data'),
      '/usr/share/doc',
      '/usr/share/R/doc',
      '/usr/lib/R/library',
      '/usr/share/matplotlib',
    ],
    docx: [join(repository, 'examples/data'), '/usr/share'],
  }
  const [texts, pdfs, words] = await Promise.all([
    realDocuments(places.txt, /^(copyright|README.*|.*\.(txt|md))$/, wanted.txt),
    realDocuments(places.pdf, /\.pdf$/, wanted.pdf),
    realDocuments(places.docx, /\.docx$/, wanted.docx),
  ])
  const made = await generated({ pdf: wanted.pdf - pdfs.length, docx: wanted.docx - words.length })
  return [
    ...repeat(texts, wanted.txt),
    ...repeat([...pdfs, ...made.filter(({ name }) => name.endsWith('.pdf'))], wanted.pdf),
    ...repeat([...words, ...made.filter(({ name }) => name.endsWith('.docx'))], wanted.docx),
  ].map((document, index) => Object.assign({}, document, { name: `${index}-${document.name}` }))
}

function repeat(documents: readonly SampleDocument[], count: number): readonly SampleDocument[] {
  return Array.from({ length: count }, (_, index): SampleDocument => {
    const document = documents[index % documents.length]
    if (document === undefined) throw new Error('this machine has no document of the kind')
    return index < documents.length ? document : { ...document, origin: 'repeated' }
  })
}

async function realDocuments(
  places: readonly string[],
  pattern: RegExp,
  most: number,
): Promise<readonly SampleDocument[]> {
  const seen = new Set<string>()
  const found: SampleDocument[] = []
  const search = async (directory: string, depth: number): Promise<void> => {
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
    for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
      if (found.length >= most) return
      const path = join(directory, entry.name)
      if (entry.isDirectory() && depth < maxDepth) await search(path, depth + 1)
      if (!entry.isFile() || !pattern.test(entry.name)) continue
      const bytes = await readFile(path).catch(() => Buffer.alloc(0))
      if (bytes.byteLength < 100 || bytes.byteLength > maxBytes) continue
      const document = toDocument(entry.name.replaceAll(/[^\w.-]/g, '_'), bytes, 'real')
      if (seen.has(document.sha256)) continue
      seen.add(document.sha256)
      found.push(document)
    }
  }
  for (const place of places) await search(place, 0)
  return found
}

/** Reports that differ in every number, made by the office program out of pages of HTML. */
async function generated(counts: { readonly pdf: number; readonly docx: number }): Promise<readonly SampleDocument[]> {
  if (counts.pdf + counts.docx <= 0 || !(await exists(office))) return []
  const directory = await mkdtemp(join(tmpdir(), 'caisson-documents-'))
  try {
    const documents: SampleDocument[] = []
    for (const [kind, count] of Object.entries(counts)) {
      for (let start = 0; start < count; start += 200) {
        const names = Array.from({ length: Math.min(200, count - start) }, (_, index) => `report-${start + index}`)
        await Promise.all(
          names.map(async (name, index) => await writeFile(join(directory, `${name}.html`), report(start + index))),
        )
        const filter = kind === 'pdf' ? 'pdf:writer_web_pdf_Export' : 'docx:MS Word 2007 XML'
        const files = names.map((name) => join(directory, `${name}.html`))
        const home = `-env:UserInstallation=file://${directory}/home`
        await run(
          office,
          [home, '--headless', '--infilter=HTML (StarWriter)', '--convert-to', filter, '--outdir', directory, ...files],
          {
            timeout: 400_000,
          },
        )
        for (const name of names) {
          documents.push(toDocument(`${name}.${kind}`, await readFile(join(directory, `${name}.${kind}`)), 'generated'))
        }
      }
    }
    return documents
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function report(number: number): string {
  const rows = Array.from(
    { length: 20 },
    (_, row) => `<tr><td>${row}</td><td>${(number * 7919 + row * 104_729) % 10_007} €</td></tr>`,
  )
  return `<html><head><title>Report ${number}</title></head><body><h1>Report ${number}</h1>
<p>Account DE${String(number).padStart(20, '0')}, contact person${number}@example.com, naïve “quotes”.</p><table>${rows.join('')}</table></body></html>`
}

function toDocument(name: string, bytes: Uint8Array, origin: SampleDocument['origin']): SampleDocument {
  return { name, bytes, origin, sha256: createHash('sha256').update(bytes).digest('hex') }
}

async function exists(path: string): Promise<boolean> {
  return await readFile(path).then(
    () => true,
    () => false,
  )
}
