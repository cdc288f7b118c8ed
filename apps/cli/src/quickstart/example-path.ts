import { fileURLToPath } from 'node:url'

/** A file of `examples/data`. */
export function examplePath(name: string): string {
  return fileURLToPath(new URL(`../../../../examples/data/${name}`, import.meta.url))
}
