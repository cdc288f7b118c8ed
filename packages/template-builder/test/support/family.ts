import type { Workshop } from './workshop.ts'

/** Writes a template for a vendor's builder, `parent`, and one that stands on it. Returns the folder of the second. */
export function writeFamily(workshop: Workshop, parentFiles: Readonly<Record<string, string>>): string {
  const describe = (name: string, parent: string) =>
    JSON.stringify({ name, parent, description: 'for tests', resources: { cpus: 1.5, memoryBytes: 2 ** 30 } })
  workshop.template('parent', {
    'template.json': describe('parent', 'debian'),
    '.dockerignore': 'busybox\n',
    ...parentFiles,
  })
  return workshop.template('child', {
    'template.json': describe('child', 'parent'),
    Dockerfile: 'ARG BASE=caisson/parent\nFROM ${BASE}\nENV CHILD=yes\nUSER user\n',
    '.dockerignore': 'busybox\n',
  })
}
