import { shellQuote } from '@caisson/core'

/**
 * Gives, ended by NUL, the places in which the user may write: on every writable file system the uppermost. Ends with a code other than 0 where
 * a reset would prove nothing, since root, or a user who may become root, can change the programs that it is made of; and without `find` of GNU.
 */
export const placesScript = `
[ "$(id -u)" != 0 ] || exit 90
grep -q '^NoNewPrivs:[[:space:]]*1' /proc/self/status || exit 91
find / -maxdepth 0 -printf '' || exit 92
while read -r _ at kind options _; do
  case "$kind" in proc|sysfs|cgroup|cgroup2|devpts|devtmpfs) continue ;; esac
  [ "$at" != /dev ] || [ -w /dev ] || continue
  case ",$options," in *,ro,*) continue ;; esac
  case "$at" in *\\\\*) exit 93 ;; esac
  find "$at" -xdev \\( -type d -o -type f \\) -writable -print0 -prune 2>/dev/null
done < /proc/self/mounts
exit 0`

/**
 * Gives all that is in those places, as paths and descriptions in turns, each ended by NUL: directories with their rights, all else with its
 * size and the time of its last change, which nobody but root can set back. Memory, semaphores and messages that outlive their processes
 * count as well.
 */
export function contentScript(places: readonly string[]): string {
  return `
find ${quoted(places)} -xdev \\( -type d -printf '%p\\0%m %U %G\\0' -o -printf '%p\\0%y %m %U %G %s %C@ %n %l\\0' \\) 2>/dev/null
for list in /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg; do
  [ ! -r "$list" ] || printf '%s\\0%s\\0' "$list" "$(tail -n +2 "$list" | tr -s ' \\n' '  ')"
done
exit 0`
}

/**
 * Ends all processes of the user and removes the working directory, then as `contentScript`. `kill -9 -1` reaches every process but the one that
 * calls it, all at one moment, so that none can start another in between.
 */
export function resetScript(places: readonly string[], workDirectory: string): string {
  const work = shellQuote(workDirectory)
  return `
kill -9 -1 2>/dev/null
rm -rf -- ${work} 2>/dev/null || { chmod -R u+rwX ${work}; rm -rf -- ${work}; } 2>/dev/null
${contentScript(places)}`
}

/**
 * Removes the paths that come on standard input, ended by NUL; then as `contentScript`. Directories that are locked are opened one by one, each before
 * it is looked into.
 */
export function removalScript(places: readonly string[]): string {
  return `
find ${quoted(places)} -xdev -type d ! -perm -700 -user "$(id -u)" -exec chmod u+rwx {} \\; 2>/dev/null
xargs -0 rm -rf -- 2>/dev/null
${contentScript(places)}`
}

function quoted(places: readonly string[]): string {
  return places.map((place) => shellQuote(place)).join(' ')
}
