import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { OperationError } from '@caisson/core'
import type { Command } from 'commander'
import { printable } from '../output/printable.ts'
import { formatTable } from '../quickstart/table.ts'
import { command, type Surroundings } from '../session.ts'
import { writeLocal } from '../write-local.ts'

export function addArtifacts(program: Command, surroundings: Surroundings): void {
  const artifacts = program.command('artifacts').description('list, fetch and store files that outlive their sandbox')
  artifacts
    .command('list <run>', { isDefault: true })
    .description('list the artifacts of a run')
    .action(
      command(surroundings, async (session, run: string) => {
        const listed = await session.client.artifacts.list(run)
        session.show(listed, () => {
          const rows = listed.map(({ id, path, sizeBytes, sha256 }) => [id, String(sizeBytes), sha256, printable(path)])
          return formatTable([['artifact', 'bytes', 'sha256', 'path'], ...rows], {
            flexible: 3,
            width: session.terminal.columns,
          })
        })
      }),
    )
  artifacts
    .command('get <artifact>')
    .description('write an artifact to standard output or to a file')
    .option('-o, --out <file>', 'the file')
    .action(
      command(surroundings, async ({ client, terminal }, id: string, { out }: { readonly out?: string }) => {
        const data = client.artifacts.read(id)
        if (out !== undefined) await writeLocal(out, data, { field: '--out' })
        else for await (const piece of data) terminal.out(piece)
      }),
    )
  artifacts
    .command('put <file>')
    .description('store a file for later operations, which name it as content: { artifact }')
    .action(
      command(surroundings, async (session, file: string) => {
        const data = await readFile(file).catch((cause: unknown) => {
          throw new OperationError('invalid-operation', `${file} cannot be read`, { field: 'file', cause })
        })
        const artifact = await session.client.artifacts.put(basename(file), data)
        session.show(artifact, () => artifact.id)
      }),
    )
}
