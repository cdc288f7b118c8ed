import { defaultTemplate } from '../control/template-names.ts'
import type { DaytonaHost } from '../host.ts'

export interface StandIn {
  readonly template: string
  /** What Dockerfiles that begin with the image expect of it beside what the template has. */
  readonly prelude: readonly string[]
}

const library = String.raw`^(?:docker\.io\/)?(?:library\/)?`
const suite = '(?:bookworm|trixie|bullseye|stable)'
const python = new RegExp(`${library}python(?::(?:latest|slim|3(?:\\.\\d{1,2}){0,2})(?:-slim)?(?:-${suite})?)?$`)
const debian = new RegExp(`${library}debian(?::(?:latest|1[1-9](?:\\.\\d{1,2})?|${suite})(?:-\\d{8})?(?:-slim)?)?$`)

/** Images begin as root in the root folder. */
const asImages = ['USER root', 'WORKDIR /']
const namePython =
  'command -v python >/dev/null || ln -s "$(command -v python3)" /usr/local/bin/python; python -m pip --version'

/**
 * The template that stands for an image that many Dockerfiles begin with: Debian, and Python on Debian. There is no registry to take the images themselves
 * from; which version of Debian and of Python it is, the template says.
 */
export function standInFor(host: DaytonaHost, image: string): StandIn | undefined {
  const isPython = python.test(image)
  if (!isPython && !debian.test(image)) return undefined
  const template = defaultTemplate(host)
  // The programs of this machine are no image: nothing can be installed over them.
  if (template === undefined || template === 'host') return undefined
  const prelude = isPython ? [...asImages, `RUN ${JSON.stringify(['/bin/sh', '-ec', namePython])}`] : asImages
  return { template, prelude }
}
