#!/usr/bin/env node
import { resolve } from 'node:path'
import { createAdapterPackage } from './create-adapter.ts'

const [name, ...rest] = process.argv.slice(2)
if (name === undefined || name.startsWith('-') || rest.length > 0) {
  process.stderr.write('usage: npm run create-adapter -- NAME\n')
  process.exitCode = 64
} else {
  try {
    const files = await createAdapterPackage(name, resolve(import.meta.dirname, '../../..'))
    process.stdout.write(`${files.join('\n')}\n\nnow: npm run conformance -- ${name}\n`)
  } catch (error) {
    process.stderr.write(`create-adapter: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
