import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { assertDone, buildahScript } from './buildah.ts'
import { builderError } from './builder-error.ts'
import { type Store, workPath } from './store.ts'
import type { TemplateSource } from './template-file.ts'

/** What the instructions of a Dockerfile say of the processes of an image. */
export interface ImageConfig {
  /** `ENV` */
  readonly env: Readonly<Record<string, string>>
  /** `WORKDIR` */
  readonly workdir: string | undefined
  /** `USER` */
  readonly user: string | undefined
  /** `ENTRYPOINT` and `CMD` */
  readonly command: readonly string[]
}

const optionalWords = z.array(z.string()).nullish()
const inspectSchema = z.looseObject({
  OCIv1: z.looseObject({
    config: z
      .looseObject({
        Env: optionalWords,
        WorkingDir: z.string().nullish(),
        User: z.string().nullish(),
        Entrypoint: optionalWords,
        Cmd: optionalWords,
      })
      .default({}),
  }),
})

const script = `
image=$1 target=$2
shift 2
"$@" inspect --type image "$image" >"$target"
`

export async function imageConfig(store: Store, image: string): Promise<ImageConfig> {
  const path = join(workPath(store), 'image.json')
  assertDone(await buildahScript(store, script, [image, path]), `reading ${image}`)
  const { config } = inspectSchema.parse(JSON.parse(await readFile(path, 'utf8'))).OCIv1
  const pairs = (config.Env ?? []).filter((pair) => pair.includes('='))
  return {
    env: Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
    workdir: config.WorkingDir || undefined,
    user: config.User || undefined,
    command: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
  }
}

/** Two answers to the question who runs code are one too many. */
export function checkUser({ name, user }: TemplateSource, config: ImageConfig): void {
  const asked = config.user?.split(':')[0]
  if (asked === undefined || ['root', '0', user.name, String(user.uid)].includes(asked)) return
  throw builderError(
    'invalid-argument',
    `${name}: the Dockerfile ends with USER ${asked}, and template.json says ${user.name}`,
    {
      field: 'user',
      remedy: 'let both name the same user',
    },
  )
}
