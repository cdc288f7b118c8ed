import { assertDone, buildahScript } from './buildah.ts'
import type { Store } from './store.ts'

const script = `
image=$1 target=$2
shift 2
container=$("$@" from --pull-never "$image")
root=$("$@" mount "$container")
cp --archive --reflink=auto "$root" "$target"
chmod 755 "$target"
"$@" umount "$container" >/dev/null
"$@" rm "$container" >/dev/null
`

/** Puts the whole root file system of an image into a new folder, with owners and extended attributes. */
export async function unpackImage(
  store: Store,
  image: string,
  target: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  assertDone(await buildahScript(store, script, [image, target], { signal }), `unpacking ${image}`)
}
