import { z } from 'zod'

/** One adapter that is on. */
export type AdapterChoice =
  | { readonly adapter: 'local'; readonly tier: 'container' | 'gvisor' }
  | { readonly adapter: 'docker'; readonly runtime: string | undefined }
  | { readonly adapter: 'podman' }
  | { readonly adapter: 'e2b' }
  | { readonly adapter: 'daytona' }

const known = 'local, local:gvisor, docker, docker:RUNTIME, podman, e2b and daytona'

/** What `auto` tries. Code leaves the machine only when somebody has named where to. */
export const automaticChoices: readonly AdapterChoice[] = [
  { adapter: 'local', tier: 'container' },
  { adapter: 'local', tier: 'gvisor' },
  { adapter: 'docker', runtime: undefined },
  { adapter: 'podman' },
]

/** `auto`, or adapters with commas between them. */
export const adapterChoicesSchema = z.string().transform((text, context): 'auto' | readonly AdapterChoice[] => {
  const words = [...new Set(text.split(',').map((word) => word.trim()))]
  if (words.length === 1 && words[0] === 'auto') return 'auto'
  return words.map((word) => {
    const choice = parseChoice(word)
    if (choice !== undefined) return choice
    context.addIssue({ code: 'custom', message: `knows ${known}, with commas between them, or auto alone` })
    return z.NEVER
  })
})

function parseChoice(word: string): AdapterChoice | undefined {
  if (word === 'local') return { adapter: 'local', tier: 'container' }
  if (word === 'local:gvisor') return { adapter: 'local', tier: 'gvisor' }
  if (word === 'podman' || word === 'e2b' || word === 'daytona') return { adapter: word }
  const docker = /^docker(?::(?<runtime>[a-z][a-z0-9-]{0,31}))?$/.exec(word)
  return docker === null ? undefined : { adapter: 'docker', runtime: docker.groups?.['runtime'] }
}

/** As people write it. */
export function formatChoice(choice: AdapterChoice): string {
  switch (choice.adapter) {
    case 'local':
      return choice.tier === 'container' ? 'local' : `local:${choice.tier}`
    case 'docker':
      return choice.runtime === undefined ? 'docker' : `docker:${choice.runtime}`
    case 'podman':
    case 'e2b':
    case 'daytona':
      return choice.adapter
  }
}
