import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const sources = join(import.meta.dirname, '../src')

/** Tables whose rows belong to an organization, as the schema says. */
async function ownedTables(): Promise<readonly string[]> {
  const folder = join(sources, 'store/schema')
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
  return texts
    .join('\n')
    .split(/(?=^export const )/m)
    .filter((part) => part.includes("organization: text('organization')"))
    .map((part) => /^export const (\w+)/.exec(part)?.[1] ?? '')
}

interface Query {
  readonly file: string
  readonly table: string
  /** From the beginning of the query to its end. */
  readonly text: string
  /** What stands before it in its method, or in its function where it is in none. */
  readonly before: string
  /** Names of conditions in the same file that are made by `within`. */
  readonly conditions: readonly string[]
}

/** Every query that reads, changes or removes rows of such a table. What inserts names the organization as a value. */
async function queries(): Promise<readonly Query[]> {
  const tables = await ownedTables()
  const files = (await readdir(sources, { recursive: true })).filter((name) => name.endsWith('.ts'))
  const all = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(sources, file), 'utf8')
      const pattern = new RegExp(String.raw`\.(?:from|update|delete)\((${tables.join('|')})\)`, 'g')
      // Conditions of their own: `const own = within(…)`, `const ofThing = (…) => within(…)`.
      const made =
        /(?:const|function) (\w+)(?= = within\(|(?: = )?\([^()]{0,200}\)[^(]{0,60}?(?:=>|return)\s+within\()/g
      const conditions = [...text.matchAll(made)].map(([, name = '']) => name)
      return [...text.matchAll(pattern)].map(({ index, 1: table = '' }): Query => {
        const end = text.slice(index).search(/\n\s*\n|\n\s*(?:return|const|if|for|await|\}) /)
        return {
          file,
          table,
          text: text.slice(index, end < 0 ? undefined : index + end),
          before: text.slice(
            Math.max(text.lastIndexOf('\n    },\n', index), text.lastIndexOf('\n}\n', index), 0),
            index,
          ),
          conditions,
        }
      })
    }),
  )
  return all.flat()
}

it('finds the tables and the queries', async () => {
  expect(await ownedTables()).toEqual(
    expect.arrayContaining(['runs', 'leases', 'audit', 'apiKeys', 'quotas', 'costDays']),
  )
  expect((await queries()).length).toBeGreaterThan(30)
})

it('every query keeps to one organization through the one condition for it, or says that it crosses them and why', async () => {
  const unscoped = (await queries()).filter(({ table, text, before, conditions }) => {
    const isScoped =
      new RegExp(String.raw`within\(\s*${table},`).test(text) ||
      conditions.some((name) => new RegExp(String.raw`\b${name}\b`).test(text))
    return !isScoped && !/[Cc]rosses organizations|of all organizations|over all organizations/.test(before)
  })
  expect(unscoped.map(({ file, text }) => `${file}: ${text.slice(0, 100)}`)).toEqual([])
})
