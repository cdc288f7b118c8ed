import { expect, test } from 'vitest'
import { registryOf, withTag } from '../src/pull-image.ts'

test.each([
  ['debian', 'docker.io'],
  ['library/debian:12', 'docker.io'],
  ['caisson/base', 'docker.io'],
  ['localhost/base', 'localhost'],
  ['localhost:5000/base', 'localhost:5000'],
  ['registry.example.com/team/image@sha256:00', 'registry.example.com'],
])('the registry of %s is %s', (image, registry) => {
  expect(registryOf(image)).toBe(registry)
})

test.each([
  ['debian', 'debian:latest'],
  ['debian:12', 'debian:12'],
  ['localhost:5000/base', 'localhost:5000/base:latest'],
  ['localhost:5000/base:1', 'localhost:5000/base:1'],
  ['debian@sha256:00', 'debian@sha256:00'],
])('%s is fetched as %s', (image, exact) => {
  expect(withTag(image)).toBe(exact)
})
