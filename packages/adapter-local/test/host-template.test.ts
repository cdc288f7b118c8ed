import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { findTemplate } from '../src/template/template.ts'

const description = z
  .looseObject({ name: z.string(), user: z.unknown() })
  .parse(JSON.parse(readFileSync(new URL('../../../templates/host/template.json', import.meta.url), 'utf8')))

it('the description of the host template is that of what the adapter makes', () => {
  expect(findTemplate(undefined, {})).toEqual({ name: description.name, user: description.user })
})
