import { type Finding, good, poor } from './finding.ts'
import type { Machine } from './machine.ts'

/** What operations use of the template `host`, and what building templates needs. */
export async function examinePrograms(machine: Machine): Promise<readonly Finding[]> {
  if (machine.platform !== 'linux') return []
  const { findProgram, run, uid } = machine
  const python = '/usr/bin/python3'
  const hasPandas = (await run([python, '-c', 'import pandas, matplotlib'], 30_000)).exitCode === 0
  const isThere = async (name: string) => (await findProgram(name)) !== undefined
  const missing = []
  for (const name of ['buildah', 'debootstrap']) if (!(await isThere(name))) missing.push(name)
  return [
    hasPandas
      ? good('programs', 'Python', 'with pandas and matplotlib, for code in the template host')
      : poor(
          'programs',
          'Python',
          'no pandas and matplotlib in the template host',
          'sh infra/provision/python-data.sh install',
        ),
    (await isThere('pdftotext'))
      ? good('programs', 'pdftotext', 'for PDFs in the template host')
      : poor('programs', 'pdftotext', 'document.parse reads no PDFs', 'sh infra/provision/document-tools.sh install'),
    missing.length === 0
      ? builder(uid)
      : poor(
          'templates',
          'builder',
          `${missing.join(' and ')} not installed: templates cannot be built`,
          missing.map((name) => `sh infra/provision/${name}.sh install`).join(' && '),
        ),
  ]
}

function builder(uid: number | undefined): Finding {
  return uid === 0
    ? good('templates', 'builder', 'buildah and debootstrap are there')
    : poor('templates', 'builder', 'only root can build templates', 'run caisson template build with sudo')
}
