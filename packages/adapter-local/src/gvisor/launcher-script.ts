import { announceScript } from '../launch/announce-script.ts'
import { mountVolumeScript } from '../launch/mount-volume-script.ts'

/**
 * What the launcher of a gVisor sandbox does; it speaks as the one of the container tier does. A disk that is there already belongs to a sandbox that
 * goes on: nothing is written to it, since code may have put links everywhere. `$IMAGE` is then the folder with what was in memory. It holds a lock for as
 * long as it works, also when nobody listens any more.
 */
export const gvisorLauncherScript = `
set -u
umask 022
exec 8>>"$DIRECTORY/launcher.lock" && flock 8 || exit 20
for file in $JOIN; do echo 0 >"$file" || exit 21; done
mount --bind "$DIRECTORY" "$STAGE" && cd "$STAGE" || exit 20
mkdir -p disk root run daemon egress
if [ -n "$IMAGE" ]; then
  mount -o loop,nodev,nosuid,noatime "$DIRECTORY/disk.img" disk || exit 24
else
  cp --sparse=always "$BLANK_DISK" disk.img || exit 23
  mount -o loop,nodev,nosuid,noatime "$DIRECTORY/disk.img" disk || exit 24
  mkdir -p "disk/upper$HOME_DIRECTORY" disk/upper/run/caisson disk/upper/run/caisson-egress disk/work || exit 25
  chown "$ID_BASE:$ID_BASE" disk/upper disk/upper/run && chown "$USER_ID:$USER_ID" "disk/upper$HOME_DIRECTORY" && chmod 755 disk/upper || exit 25
fi
mount -t overlay -o "nodev,nosuid,lowerdir=$LOWER,upperdir=disk/upper,workdir=disk/work" none root || exit 26
${announceScript}
${mountVolumeScript}
configuration=
while IFS= read -r line; do
  case $line in
  volume*)
    set -- $line
    [ -n "$IMAGE" ] || make_mount_point "$5" || exit $?
    mount_volume "$2" "$3" "$4" || exit $?
    ;;
  *) configuration=$line && break ;;
  esac
done
if [ -z "$configuration" ]; then
  for file in $LEAVE; do echo 0 >"$file"; done
  cd / && umount -l "$STAGE"
  if [ -z "$IMAGE" ]; then
    for group in $GROUPS_OF_SANDBOX; do rmdir "$group" "\${group%/*}" "\${group%/*/*}" 2>/dev/null; done
    rm -rf "$DIRECTORY"
  fi
  exit 30
fi
ln -s /run/caisson-egress/egress.sock run/egress.sock || exit 31
rm -rf runsc init.pid runtime.log
if [ -n "$IMAGE" ]; then
  printf '%s' "$configuration" >run/wake || exit 31
  set -- restore --detach --image-path "$IMAGE"
else
  printf '%s' "$configuration" >run/config.json || exit 31
  set -- run --detach
fi
if ! "$RUNTIME" --root "$DIRECTORY/runsc" --log runtime.log $RUNTIME_OPTIONS "$@" \\
  --pid-file init.pid --bundle "$STAGE" "$CONTAINER" </dev/null >/dev/null 2>&1 8>&-; then
  tail -c 2000 runtime.log >&2
  exit 32
fi
read -r pid <init.pid || [ -n "$pid" ] || exit 33
echo "started $pid"
`
