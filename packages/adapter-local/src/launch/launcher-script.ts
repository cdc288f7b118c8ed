import { announceScript } from './announce-script.ts'
import { mountVolumeScript } from './mount-volume-script.ts'

/**
 * What a sandbox's launcher does, as a POSIX shell script. It runs in a mount namespace of its own, so that the disk and the root are
 * mounted where nobody else sees them: once the sandbox runs, its own namespace holds them, and when it is over nothing is left to unmount.
 * The launcher is a member of the sandbox's control group before the runtime starts, which spares the slow move of a running process.
 * The state directory is closed to the sandbox's user ids; the runtime works on the sandbox's folder through a neutral mount point.
 *
 * It speaks lines: `prepared <loop device>`; then it waits for a line with the daemon's configuration, before which there may be lines
 * `volume <number> <image> ro|rw <path>`; then `started <pid>` and `limited`.
 * When its owner is gone before that line comes, it takes everything away again. Exit codes tell the step that failed.
 */
export const launcherScript = `
set -u
umask 022
for file in $JOIN; do echo 0 >"$file" || exit 21; done
if [ -n "$HIDE" ]; then mount -t tmpfs none "$HIDE" || exit 22; fi
mount --bind "$DIRECTORY" "$STAGE" && cd "$STAGE" || exit 20
mkdir -p disk root run daemon egress
if [ -n "$BLANK_DISK" ]; then
  cp --sparse=always "$BLANK_DISK" disk.img || exit 23
  mount -o loop,nodev,nosuid,noatime "$DIRECTORY/disk.img" disk || exit 24
else
  mount -t tmpfs -o "nodev,nosuid,mode=755,size=$DISK_BYTES,nr_inodes=$DISK_INODES" none disk || exit 24
fi
mkdir -p "disk/upper$HOME_DIRECTORY" disk/work || exit 25
chown -R "$ID_BASE:$ID_BASE" disk/upper && chown "$USER_ID:$USER_ID" "disk/upper$HOME_DIRECTORY" && chmod 755 disk/upper || exit 25
for layer in $MAP_LAYERS; do
  mkdir -p "mapped/$layer" && perl -e "$MAP_IDS" "layer/$layer" "mapped/$layer" "$ID_BASE" "$ID_COUNT" || exit 37
done
mount -t overlay -o "nodev$OVERLAY_OPTIONS,lowerdir=$LOWER,upperdir=disk/upper,workdir=disk/work" none root || exit 26
${announceScript}
${mountVolumeScript}
configuration=
while IFS= read -r line; do
  case $line in
  volume*)
    set -- $line
    make_mount_point "$5" && mount_volume "$2" "$3" "$4" || exit $?
    ;;
  *) configuration=$line && break ;;
  esac
done
if [ -z "$configuration" ]; then
  for file in $LEAVE; do echo 0 >"$file"; done
  cd / && umount -l "$STAGE"
  for group in $GROUPS_OF_SANDBOX; do rmdir "$group" "\${group%/*}" "\${group%/*/*}" 2>/dev/null; done
  rm -rf "$DIRECTORY"
  exit 30
fi
printf '%s' "$configuration" >run/config.json || exit 31
ln -s /run/caisson-egress/egress.sock run/egress.sock || exit 31
cat /proc/sys/kernel/random/uuid >run/boot-id && chown "$ID_BASE:$ID_BASE" run/boot-id || exit 31
if ! "$RUNTIME" --root "$RUNTIME_STATE" --log runtime.log $RUNTIME_OPTIONS run -d --pid-file init.pid -b "$STAGE" "$ID" </dev/null >/dev/null 2>&1; then
  cat runtime.log >&2
  exit 32
fi
read -r pid <init.pid || [ -n "$pid" ] || exit 33
echo "started $pid"
nsenter -t "$pid" -U -i -S 0 -G 0 sh -c "$USER_LIMITS" || exit 34
echo limited
`
