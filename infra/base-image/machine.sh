#!/bin/sh
# A root file system out of packages that this Debian machine has installed: no archive, no registry, a few seconds.
#   sh infra/base-image/machine.sh FILE PACKAGE... !PACKAGE...
# writes an uncompressed tar with these packages and what they depend on, but without those that have a "!" before them.
# Prints what it would be made of when FILE is "-". Code runs as `user` (1000, /home/user).
set -eu
umask 022
[ $# -ge 2 ] || { echo "usage: sh infra/base-image/machine.sh FILE PACKAGE..." >&2; exit 2; }
file=$1
shift
[ "$(id -u)" -eq 0 ] || { echo "base-image: only root can make a root file system" >&2; exit 3; }

version=2
essential='bash coreutils dash diffutils findutils grep gzip hostname libc-bin login mawk passwd procps sed tar util-linux'

# What is installed, what it needs, and which names it answers to. What only compiles programs is left out, with all that only it needs.
packages() {
  dpkg-query -W -f '${db:Status-Status}\t${Section}\t${binary:Package}\t${Version}\t${Depends}, ${Pre-Depends}\t${Provides}\n' |
    awk -F '\t' '$1 == "installed" && $2 !~ /(^|\/)(lib)?devel$/'
}
# The libraries that alternatives lead to: a package may be content with another one.
libraries=$(for link in /etc/alternatives/lib*.so*; do readlink -f "$link"; done | xargs -r dpkg -S 2>/dev/null | sed 's/:.*//' | sort -u | tr '\n' ' ')
installed=$(packages | awk -F '\t' -v wanted="$essential $libraries $*" '
  function plain(name) { sub(/[ :(].*/, "", name); return name }
  function add(name) { if (!((name = owner[name]) in chosen)) { chosen[name] = 1; queue[++last] = name } }
  {
    name = plain($3); full[name] = $3; version[name] = $4; needs[name] = $5; owner[name] = name
    count = split($6, provided, ", *")
    for (i = 1; i <= count; i++) if (!(plain(provided[i]) in owner)) owner[plain(provided[i])] = name
  }
  END {
    count = split(wanted, words, " ")
    for (i = 1; i <= count; i++) if (sub(/^!/, "", words[i])) delete owner[words[i]]
    for (i = 1; i <= count; i++) if (words[i] in owner) add(words[i])
    for (at = 1; at <= last; at++) {
      groups = split(needs[queue[at]], group, ", *")
      for (i = 1; i <= groups; i++) {
        # Of alternatives the first that is there.
        count = split(group[i], option, " *\\| *")
        for (j = 1; j <= count; j++) if (plain(option[j]) in owner) { add(plain(option[j])); break }
      }
    }
    for (name in chosen) print full[name], version[name]
  }' | LC_ALL=C sort)
if [ "$file" = - ]; then
  printf 'version %s\n%s\n' "$version" "$installed"
  exit 0
fi

stage=$(mktemp -d)
trap 'rm -rf "$stage" "$file.unfinished"' EXIT

# What packages own, the compiled form of their Python, and the alternatives, which belong to no package.
{
  printf '%s\n' "$installed" | cut -d ' ' -f 1 | xargs dpkg -L
  find /etc/alternatives -type l
  find /usr/bin /usr/lib -lname '/etc/alternatives/*'
  printf '/etc/ld.so.cache\n'
} | sed -E -e 's#^/(bin|sbin|lib|lib64)/#/usr/\1/#' -e '/^\/usr\/share\/(doc|man|info|locale|lintian)\//d' >"$stage/names"
python=$(readlink -f /usr/bin/python3 | sed -n 's#.*python3\.\([0-9]*\)$#cpython-3\1#p')
sed -n "s#^\(.*\)/\([^/]*\)\.py\$#\1/__pycache__/\2.$python.pyc#p" "$stage/names" >>"$stage/names.compiled"
sort -u "$stage/names" "$stage/names.compiled" |
  while read -r path; do if [ -f "$path" ] || [ -L "$path" ]; then printf '%s\n' "${path#/}"; fi; done >"$stage/files"

# With the folders that they lie in: engines differ in the mode that they give to one which an archive does not name.
awk -F / '{ path = ""; for (i = 1; i < NF; i++) { path = path (i > 1 ? "/" : "") $i; if (!(path in seen)) { seen[path] = 1; print path } } }' "$stage/files" |
  while read -r path; do if [ -d "/$path" ] && [ ! -L "/$path" ]; then printf '%s\n' "$path"; fi; done >"$stage/folders"

# What no package owns.
root=$stage/root
mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64" "$root/etc" "$root/home/user" "$root/root" \
  "$root/run" "$root/var/tmp" "$root/tmp" "$root/proc" "$root/sys" "$root/dev"
for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$root/$directory"; done
ln -s mawk "$root/usr/bin/awk"
cat >"$root/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
user:x:1000:1000::/home/user:/bin/bash
END
printf 'root:x:0:\ntty:x:5:\nshadow:x:42:\nnogroup:x:65534:\nuser:x:1000:\n' >"$root/etc/group"
printf 'user:!:20000:0:99999:7:::\n' >"$root/etc/shadow"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
chown 1000:1000 "$root/home/user"
chgrp 42 "$root/etc/shadow"
chmod 640 "$root/etc/shadow"
chmod 1777 "$root/tmp" "$root/var/tmp"

# Ours first, where folders and links lead; of two entries of one name the second holds. The root itself is among them: not every storage of an engine lets
# everybody into it by itself.
(cd "$root" && echo . && find . -printf '%P\n' | grep .) >"$stage/own"
tar --create --numeric-owner --no-recursion --file "$file.unfinished" -C "$root" --files-from "$stage/own"
sort -u "$stage/folders" "$stage/files" | grep -Fxv -f "$stage/own" >"$stage/others"
tar --append --numeric-owner --no-recursion --file "$file.unfinished" -C / --files-from "$stage/others"
mv "$file.unfinished" "$file"
