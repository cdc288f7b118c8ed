import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { CaissonClient } from '@caisson/client'
import { OperationError, type OperationOf } from '@caisson/core'
import { z } from 'zod'
import { isMissingFile } from './exit-codes.ts'

type BatchInput = OperationOf<'batch.run'>['input']

/** What the items of a batch are, and the files that come with them. */
export interface BatchItems {
  readonly items: BatchInput['items']
  readonly itemFiles?: NonNullable<BatchInput['itemFiles']>
}

const uploadsAtOneTime = 8

/** From a file: an array of JSON, or one piece of JSON per line. `-` is standard input. */
export async function readItems(path: string): Promise<BatchItems> {
  const text = await readText(path)
  try {
    const isArray = text.trimStart().startsWith('[')
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    return { items: z.array(z.json()).parse(isArray ? JSON.parse(text) : lines.map((line) => JSON.parse(line))) }
  } catch (cause) {
    throw new OperationError('invalid-operation', `${path} is neither an array of JSON nor JSON line by line`, {
      field: '--items',
      cause,
    })
  }
}

/** Every file below a directory is an item, `{ name }`, and lies in the sandbox as `document`. */
export async function uploadDocuments(
  client: Pick<CaissonClient, 'artifacts'>,
  directory: string,
): Promise<BatchItems> {
  const paths = await filesBelow(directory)
  if (paths.length === 0)
    throw new OperationError('invalid-operation', `there is no file in ${directory}`, { field: '--documents' })
  const itemFiles: NonNullable<BatchInput['itemFiles']> = []
  for (let start = 0; start < paths.length; start += uploadsAtOneTime) {
    const stored = await Promise.all(
      paths
        .slice(start, start + uploadsAtOneTime)
        .map(async (path) => await client.artifacts.put(nameOf(directory, path), await readFile(path))),
    )
    itemFiles.push(...stored.map(({ id }) => [{ path: 'document', content: { artifact: id } }]))
  }
  return { items: paths.map((path) => ({ name: nameOf(directory, path) })), itemFiles }
}

function nameOf(directory: string, path: string): string {
  return relative(directory, path)
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .toSorted()
  } catch (cause) {
    const message = isMissingFile(cause) ? `there is no ${directory}` : `${directory} cannot be read`
    throw new OperationError('invalid-operation', message, { field: '--documents', cause })
  }
}

async function readText(path: string): Promise<string> {
  try {
    if (path === '-') return Buffer.concat(await Array.fromAsync(process.stdin)).toString()
    return await readFile(path, 'utf8')
  } catch (cause) {
    const message = isMissingFile(cause) ? `there is no ${path}` : `${path} cannot be read`
    throw new OperationError('invalid-operation', message, { field: '--items', cause })
  }
}
