/**
 * Shell functions of a launcher. A volume that several sandboxes mount is one file system on one loop device: whoever comes second finds the first one's.
 * `mount_volume NUMBER IMAGE ro|rw` shows it in `volumes/NUMBER`, its ids mapped, and read-only already here: gVisor lets a file be emptied that it takes for one that cannot be changed; `make_mount_point PATH` makes the directory in a root that no code has touched.
 */
export const mountVolumeScript = `
mount_volume() {
  mkdir -p "volumes/$1" "images/$1" || return 36
  exec 9>>"$VOLUMES_LOCK" && flock 9 || return 36
  mount -o loop,nodev,nosuid,noatime "$2" "images/$1" || return 36
  [ -d "images/$1/files" ] || mkdir -m 777 "images/$1/files" || return 36
  exec 9>&-
  perl -e "$MAP_IDS" "images/$1/files" "volumes/$1" "$ID_BASE" "$ID_COUNT" "$3" || return 37
}
make_mount_point() {
  at=root owner=$ID_BASE
  case $1 in "$HOME_DIRECTORY"/*) owner=$USER_ID ;; esac
  for step in $(echo "$1" | tr / ' '); do
    at=$at/$step
    if [ -L "$at" ] || { [ -e "$at" ] && [ ! -d "$at" ]; }; then return 35; fi
    [ -d "$at" ] || { mkdir "$at" && chown "$owner:$owner" "$at"; } || return 36
  done
}
`
