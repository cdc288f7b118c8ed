import { gzipSync } from 'node:zlib'
import { type Finding, mib, operationSchema } from '@caisson/core'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { inspectOperation } from '../src/index.ts'
import { inspectFile } from '../src/file/inspect-file.ts'
import { catalog, pdfFile, stream } from './support/pdf-file.ts'
import { docxFile, zipFile } from './support/zip-file.ts'

async function codesOf(name: string, bytes: Uint8Array): Promise<string> {
  const content = { base64: Buffer.from(bytes).toString('base64') }
  const findings = await inspectOperation(operationSchema.parse({ kind: 'document.parse', input: { name, content } }))
  expect(findings.every(({ place }) => place === 'input.content')).toBe(true)
  return codes(findings)
}

function codes(findings: readonly Pick<Finding, 'code' | 'severity'>[]): string {
  const found = [...new Set(findings.map(({ code, severity }) => `${severity} ${code}`))].toSorted()
  return found.length === 0 ? 'nothing' : found.join(', ')
}

const relation = (type: string) =>
  `<Relationships><Relationship Id="r1" Type="http://schemas.example.org/${type}" Target="http://203.0.113.7/x" TargetMode="External"/></Relationships>`

it.each<[string, string, Buffer, string]>([
  ['a plain document', 'a.docx', docxFile(), 'nothing'],
  [
    'a document with a link',
    'a.docx',
    docxFile([{ name: 'word/_rels/document.xml.rels', content: relation('hyperlink') }]),
    'nothing',
  ],
  [
    'a remote template',
    'a.docx',
    docxFile([{ name: 'word/_rels/settings.xml.rels', content: relation('attachedTemplate') }]),
    'risky document.external',
  ],
  ['macros', 'a.docm', docxFile([{ name: 'word/vbaProject.bin' }]), 'risky document.macro'],
  [
    'an embedded object',
    'a.docx',
    docxFile([{ name: 'word/embeddings/oleObject1.bin' }]),
    'risky document.embedded-file',
  ],
  [
    'a bomb by ratio',
    'a.docx',
    docxFile([{ name: 'word/media/a.bin', content: Buffer.alloc(40 * mib) }]),
    'hostile archive.bomb',
  ],
  ['a bomb by claim', 'a.zip', zipFile([{ name: 'a', claimedSize: 4_000_000_000 }]), 'hostile archive.bomb'],
  [
    'a bomb by count',
    'a.zip',
    zipFile(Array.from({ length: 10_001 }, (_, index) => ({ name: String(index) }))),
    'hostile archive.bomb',
  ],
  ['a path out', 'a.zip', zipFile([{ name: '../../etc/cron.d/x' }]), 'hostile archive.path-traversal'],
  ['a symbolic link', 'a.zip', zipFile([{ name: 'link', content: '/etc', unixMode: 0o120777 }]), 'risky archive.link'],
  ['an encrypted archive', 'a.zip', zipFile([{ name: 'a', flags: 1 }]), 'risky archive.encrypted'],
  ['an archive within', 'a.zip', zipFile([{ name: 'inner.zip' }]), 'info archive.nested'],
  [
    'a truncated archive',
    'a.zip',
    zipFile([{ name: 'a', content: 'x'.repeat(100) }]).subarray(0, 60),
    'risky file.malformed',
  ],
  ['a plain PDF', 'a.pdf', pdfFile([catalog, stream('', 'BT (see /JavaScript and /JS (x)) Tj ET')]), 'nothing'],
  [
    'a script',
    'a.pdf',
    pdfFile(['<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>']),
    'hostile document.script',
  ],
  [
    'a script with an escaped name',
    'a.pdf',
    pdfFile(['<< /OpenAction << /S /J#61vaScr#69pt /J#53 (x) >> >>']),
    'hostile document.script',
  ],
  [
    'a script in a compressed object',
    'a.pdf',
    pdfFile([catalog, stream('/Type /ObjStm /N 1 /First 4', '5 0 << /S /JavaScript /JS (x) >>')]),
    'hostile document.script',
  ],
  ['a launch action', 'a.pdf', pdfFile(['<< /S /Launch /F (cmd.exe) >>']), 'hostile document.launch'],
  ['a file within', 'a.pdf', pdfFile([catalog, '<< /Type /EmbeddedFile >>']), 'risky document.embedded-file'],
  ['an encrypted PDF', 'a.pdf', pdfFile([catalog, '<< /Encrypt 5 0 R >>']), 'risky document.encrypted'],
  [
    'a PDF that explodes',
    'a.pdf',
    pdfFile([catalog, stream('/Type /ObjStm', Buffer.alloc(16 * mib))]),
    'hostile archive.bomb',
  ],
  ['a cut PDF', 'a.pdf', pdfFile([catalog]).subarray(0, 40), 'risky file.malformed'],
  [
    'a program as a PDF',
    'a.pdf',
    Buffer.from('\u007fELF\u0002\u0001\u0001\0', 'latin1'),
    'risky file.executable, risky file.type-mismatch',
  ],
  ['a PDF as a picture', 'a.png', pdfFile([catalog]), 'risky file.type-mismatch'],
  [
    'a picture that is an archive too',
    'a.gif',
    zipFile([{ name: 'a' }], Buffer.from('GIF89a')),
    'hostile file.polyglot',
  ],
  ['a PDF that is an archive too', 'a.pdf', zipFile([{ name: 'a' }], pdfFile([catalog])), 'hostile file.polyglot'],
  ['a gzip bomb', 'a.gz', gzipSync(Buffer.alloc(64 * mib)), 'hostile archive.bomb'],
  ['a plain gzip', 'a.gz', gzipSync('hello'), 'nothing'],
  [
    'a picture with a script',
    'a.svg',
    Buffer.from('<svg xmlns="x"><script>alert(1)</script></svg>'),
    'risky document.script',
  ],
  ['a plain table', 'a.csv', Buffer.from('a,b\n1,2\n'), 'nothing'],
  ['a binary table', 'a.csv', Buffer.from([0, 1, 2, 3]), 'risky file.type-mismatch'],
])('finds what is wrong with %s', async (_what, name, bytes, expected) => {
  expect(await codesOf(name, bytes)).toBe(expected)
})

it('stays calm whatever the bytes are', () => {
  const damaged = fc
    .tuple(
      fc.constantFrom<Buffer>(
        docxFile([{ name: 'word/_rels/a.rels', content: relation('x') }]),
        pdfFile([catalog, stream('/Type /ObjStm', 'x')]),
      ),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 20 }),
    )
    .map(([bytes, changes]) => {
      const copy = Buffer.from(bytes)
      for (const [at, byte] of changes) copy[at % copy.byteLength] = byte
      return copy
    })
  fc.assert(
    fc.property(
      fc.oneof(damaged, fc.uint8Array({ maxLength: 300 })),
      fc.constantFrom('a.docx', 'a.pdf', 'a'),
      (bytes, name) => {
        for (const { code, severity } of inspectFile(name, bytes)) {
          expect(code).toMatch(/^[a-z]+(\.[a-z-]+)+$/)
          expect(['info', 'risky', 'hostile']).toContain(severity)
        }
      },
    ),
    { numRuns: 300 },
  )
})

it('reads only the directory of an archive, however large it claims to be', () => {
  const many = zipFile(Array.from({ length: 25_000 }, (_, index) => ({ name: `${index}` })))
  const started = performance.now()
  expect(codes(inspectFile('a.zip', many))).toBe('hostile archive.bomb, risky file.malformed')
  expect(performance.now() - started).toBeLessThan(1000)
})
