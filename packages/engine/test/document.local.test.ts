import { readFile } from 'node:fs/promises'
import { deflateRawSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { acme, createHarness } from './support/harness.ts'
import { describeLocal } from './support/local.ts'
import { zip } from './support/zip.ts'

const samples = new URL('../../../examples/data/', import.meta.url)
const sample = async (name: string) => (await readFile(new URL(name, samples))).toString('base64')
const word = (body: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`
const paragraph = (text: string) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`

await describeLocal('documents on the local adapter', (adapter) => {
  const parse = async (name: string, base64: string, limits = {}) =>
    await createHarness({ adapters: [adapter()], limits }).engine.run(
      { kind: 'document.parse', input: { name, content: { base64 } } },
      acme,
    )

  it.each(['pdf', 'docx'])('reads a real %s', async (type) => {
    const run = await parse(`report.${type}`, await sample(`weather-report.${type}`))
    expect(run.status).toBe('succeeded')
    expect(run.value).toMatchObject({ type, text: expect.stringMatching(/\w{3,}/) })
    expect(JSON.stringify(run.value)).toMatch(/Seattle/)
  })

  it('reads text, title and author, and tells what is embedded', async () => {
    const run = await parse(
      'own.docx',
      zip({
        'word/document.xml': word(paragraph('One &amp; two') + paragraph('über')),
        'docProps/core.xml':
          '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Report</dc:title><dc:creator>Ann</dc:creator></cp:coreProperties>',
        'word/vbaProject.bin': 'macro',
      }).toString('base64'),
    )
    expect(run.value).toMatchObject({ type: 'docx', title: 'Report', author: 'Ann', text: 'One & two\nüber' })
    expect(JSON.stringify(run.value)).toContain('macros')
  })

  const huge = Buffer.alloc(300 * 1024 * 1024, 'a')
  it.each([
    ['an archive that unpacks to far more', () => zip({ 'word/document.xml': huge }), 'archive-bomb'],
    [
      'an archive with a directory that lies',
      () => zip({ 'word/document.xml': huge }, { claimedBytes: 10 }),
      /damaged|archive-bomb/,
    ],
    [
      'entities',
      () =>
        zip({ 'word/document.xml': `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${word(paragraph('&a;'))}` }),
      'hostile-xml',
    ],
    ['an archive of something else', () => zip({ 'readme.txt': 'hello' }), 'not-a-document'],
    ['damaged XML', () => zip({ 'word/document.xml': '<w:document' }), 'damaged'],
    ['a damaged archive', () => Buffer.concat([Buffer.from('PK\u0003\u0004'), deflateRawSync('x')]), 'damaged'],
    ['a damaged PDF', () => Buffer.from('%PDF-1.7\nnothing of it'), 'damaged'],
    ['a PDF with a password', () => Buffer.from(encryptedPdf), 'protected by a password'],
    ['something else', () => Buffer.from('plain text'), 'neither a PDF nor a DOCX'],
  ])('refuses %s and says why', async (_name, make, reason) => {
    const run = await parse('upload.docx', make().toString('base64'))
    expect(['failed', 'denied']).toContain(run.status)
    expect(run.error?.message).toMatch(reason)
    expect(run.error?.field).toBe('input.content')
  })

  it('tells of a script in a PDF, and does not run it', async () => {
    const run = await parse('script.pdf', Buffer.from(scriptedPdf).toString('base64'))
    expect(run.value).toMatchObject({ type: 'pdf', pages: 1 })
    expect(JSON.stringify(run.value)).toMatch(/script/)
  })

  it('keeps no more text than it may', async () => {
    const base64 = zip({ 'word/document.xml': word(paragraph('x'.repeat(50_000))) }).toString('base64')
    const run = await parse('long.docx', base64, { contentBytes: 10_000 })
    expect((run.value as { text: string }).text).toHaveLength(10_000)
    expect(JSON.stringify(run.value)).toContain('longer than what is kept')
  })
})

const scriptedPdf = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj
4 0 obj<</Type/Action/S/JavaScript/JS(app.alert\\(1\\))>>endobj
trailer<</Root 1 0 R>>
`

const encryptedPdf = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj
4 0 obj<</Filter/Standard/V 2/R 3/Length 128/P -4/O(${'x'.repeat(32)})/U(${'y'.repeat(32)})>>endobj
trailer<</Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]>>
`
