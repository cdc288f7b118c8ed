import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readRecipe } from '../src/e2b/recipe.ts'

const templates = resolve(import.meta.dirname, '../../../templates')

test('instructions become steps, with their lines', () => {
  const dockerfile = `ARG BASE=debian:bookworm-slim
FROM \${BASE}
RUN apt-get update \\
  # in between
  && echo 'a  b'
RUN ["echo", "it's", "a b"]
ENV A="x y" B=z
ARG C=1
COPY --chown=1000:1000 --chmod=755 one two /opt/
COPY ["with blank", "/opt/blank"]
WORKDIR /home/user
USER user
LABEL a=b
CMD ["/bin/bash"]
`
  expect(readRecipe(dockerfile)).toEqual({
    image: 'debian:bookworm-slim',
    steps: [
      { line: 3, kind: 'run', command: expect.stringMatching(/^apt-get update +&& echo 'a {2}b'$/) },
      { line: 6, kind: 'run', command: `echo 'it'\\''s' 'a b'` },
      { line: 7, kind: 'env', values: { A: 'x y', B: 'z' } },
      { line: 8, kind: 'env', values: { C: '1' } },
      { line: 9, kind: 'copy', sources: ['one', 'two'], target: '/opt/', owner: '1000:1000', mode: 0o755 },
      { line: 10, kind: 'copy', sources: ['with blank'], target: '/opt/blank', owner: undefined, mode: undefined },
      { line: 11, kind: 'workdir', path: '/home/user' },
      { line: 12, kind: 'user', name: 'user' },
    ],
  })
})

test.each([
  ['FROM a AS one\nFROM b\nCOPY --from=one /x /x\n', 2],
  ['FROM a\nCOPY --from=b /x /x\n', 2],
  ['FROM a\nRUN --mount=type=cache,target=/x true\n', 2],
  ['FROM a\nRUN <<END\ntrue\nEND\n', 2],
  ['FROM a\nADD http://example.com/x /x\n', 2],
  ['FROM a\n\nHEALTHCHECK CMD true\n', 3],
])('what E2B has nothing for is refused with its line: %j', (dockerfile, line) => {
  expect(() => readRecipe(dockerfile)).toThrow(
    expect.objectContaining({ code: 'unsupported', field: `Dockerfile:${line}` }),
  )
})

test.each(['base', 'code-interpreter', 'code-interpreter-polyglot', 'agent-workspace'])(
  'the template %s can be built there',
  (name) => {
    const { image, steps } = readRecipe(readFileSync(join(templates, name, 'Dockerfile'), 'utf8'))
    expect(image).toMatch(/^(debian:|caisson\/)/)
    expect(steps.at(-1)).toMatchObject({ kind: 'user', name: 'user' })
  },
)
