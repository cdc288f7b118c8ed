import { buildah, assertDone } from './buildah.ts'
import { builderError } from './builder-error.ts'
import type { OnBuildEvent } from './events.ts'
import { StepError } from './step-error.ts'
import type { Store } from './store.ts'
import type { TemplateSource } from './template-file.ts'

const containerName = 'caisson-check'

/** Runs the template's ready check in a container of its own. Unless it ends with 0, the call rejects. */
export async function checkImage(
  store: Store,
  template: TemplateSource,
  image: string,
  { onEvent, signal }: { readonly onEvent: OnBuildEvent; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const { name, ready, user } = template
  if (ready === undefined) return
  onEvent({ type: 'phase', template: name, phase: 'check' })
  assertDone(
    await buildah(store, ['from', '--pull-never', '--name', containerName, image], { signal }),
    'starting the ready check',
  )
  const { exitCode, tail } = await buildah(
    store,
    ['run', '--isolation', 'chroot', '--user', `${user.uid}:${user.gid}`, containerName, '--', ...ready],
    { signal, onLine: (text) => onEvent({ type: 'output', template: name, text }) },
  )
  assertDone(await buildah(store, ['rm', containerName], { signal }), 'ending the ready check')
  if (exitCode === 0) return
  const instruction = ready.join(' ')
  const shown = tail.slice(-12).map((text) => `    ${text}`)
  throw builderError('invalid-argument', [`${name}: the ready check failed: ${instruction}`, ...shown].join('\n'), {
    field: 'ready',
    remedy: 'mend the Dockerfile or the check in template.json; the versions of before are untouched',
    cause: new StepError({ line: undefined, instruction, exitCode, output: tail }),
  })
}
