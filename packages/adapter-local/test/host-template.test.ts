import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { findTemplate } from '../src/template/template.ts'

const description = z
  .looseObject({ name: z.string(), user: z.unknown(), command: z.unknown() })
  .parse(JSON.parse(readFileSync(new URL('../../../templates/host/template.json', import.meta.url), 'utf8')))

it('the description of the host template is that of what the adapter makes', () => {
  const { name, user, command } = description
  expect(findTemplate(undefined, {})).toMatchObject({ name, user, command, privileges: 'none' })
})
