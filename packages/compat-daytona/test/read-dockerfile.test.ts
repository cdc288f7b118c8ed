import { expect, test } from 'vitest'
import { readDockerfile, rewriteDockerfile } from '../src/builds/read-dockerfile.ts'
import { standInFor } from '../src/builds/well-known-image.ts'
import type { DaytonaHost } from '../src/host.ts'

test('a Dockerfile of one image keeps its instructions, and ends as the user of sandboxes', () => {
  const { text } = rewriteDockerfile('FROM python:3.12-slim\nRUN pip install x\nENV A=b', { prelude: ['USER root'] })
  expect(text.split('\n')).toEqual([
    'ARG BASE',
    'FROM ${BASE}',
    'USER root',
    'RUN pip install x',
    'ENV A=b',
    'ARG SANDBOX_USER',
    'ARG SANDBOX_HOME',
    'WORKDIR ${SANDBOX_HOME}',
    'USER ${SANDBOX_USER}',
    '',
  ])
})

test('stages, arguments and continued lines are understood; a stage is no image', () => {
  const dockerfile = [
    '# syntax=docker/dockerfile:1',
    'ARG PYTHON=3.12',
    'FROM --platform=linux/amd64 python:${PYTHON}-slim AS build',
    'RUN true \\',
    '  && true',
    'FROM \\',
    '  python:${PYTHON}-slim',
    'COPY --from=build /x /x',
    'FROM build',
    'WORKDIR /app',
  ].join('\n')
  const { images, isPlain } = readDockerfile(dockerfile)
  expect(images).toEqual(['python:3.12-slim', 'python:3.12-slim'])
  expect(isPlain).toBe(false)
  const { text, lineOf } = rewriteDockerfile(dockerfile, { prelude: ['USER root'] })
  const lines = text.split('\n')
  expect(lines).toContain('FROM --platform=linux/amd64 ${BASE} AS build')
  expect(lines).toContain('  ${BASE}')
  expect(lines).toContain('FROM build')
  expect(lines.filter((line) => line === 'USER root')).toHaveLength(3)
  expect(text).not.toContain('WORKDIR ${SANDBOX_HOME}')
  expect(lineOf(lines.indexOf('WORKDIR /app') + 1)).toBe(10)
  expect(lineOf(lines.indexOf('RUN true \\') + 1)).toBe(4)
})

test('what runs in a container is read from the last stage, as containers do it', () => {
  const of = (...lines: readonly string[]) => readDockerfile(['FROM debian:12', ...lines].join('\n')).entrypoint
  expect(of('CMD ["x"]')).toBeUndefined()
  expect(of('ENTRYPOINT ["/serve", "--port", "80"]', 'CMD ["--quiet"]')).toEqual(['/serve', '--port', '80', '--quiet'])
  expect(of('ENTRYPOINT serve --port 80', 'CMD ["x"]')).toEqual(['/bin/sh', '-c', 'serve --port 80'])
  expect(of('ENTRYPOINT ["first"]', 'ENTRYPOINT ["second"]')).toEqual(['second'])
  expect(of('ENTRYPOINT ["first"]', 'FROM debian:12')).toBeUndefined()
})

test('a plain image is one, and what has no FROM is refused', () => {
  expect(readDockerfile('# what\nFROM debian:12\n\n')).toEqual({ images: ['debian:12'], isPlain: true })
  expect(readDockerfile('FROM scratch\nCOPY a b').images).toEqual([])
  expect(() => readDockerfile('RUN true')).toThrow('FROM')
  expect(() => readDockerfile('')).toThrow('FROM')
})

test.each([
  ['python:3.12-slim-bookworm', true],
  ['python:3.13.3-slim', true],
  ['python:3', true],
  ['python:slim', true],
  ['docker.io/library/python:3.11', true],
  ['debian:12', true],
  ['debian:bookworm-slim', true],
  ['debian', true],
  ['python:2.7', false],
  ['python:3.12-alpine', false],
  ['evil.example/python:3.12', false],
  ['pythonic:3', false],
  ['ubuntu:24.04', false],
  ['debian:12\nRUN true', false],
])('%s has a stand-in: %s', (image, has) => {
  const host = (templates: readonly string[]) => ({ adapters: [{ templates }] }) as unknown as DaytonaHost
  expect(standInFor(host(['base', 'host']), image)?.template).toBe(has ? 'base' : undefined)
  expect(standInFor(host(['host']), image)).toBeUndefined()
})
