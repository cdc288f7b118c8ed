#!/bin/sh
# A small root file system for tests, out of packages of this Debian machine: no archive, no registry, a few seconds.
#   sh base-image.sh FILE     writes an uncompressed tar
set -eu
umask 022
[ $# -eq 1 ] || { echo "usage: sh base-image.sh FILE" >&2; exit 2; }
wanted='bash coreutils dash diffutils findutils grep gzip hostname libc-bin login mawk passwd procps python3-minimal python3 sed tar util-linux'
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/root

installed() { dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p'; }

# shellcheck disable=SC2086
packages=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances $wanted |
  grep '^[a-z0-9]' | sort -u)
mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64" "$root/etc" "$root/home/user" "$root/root" \
  "$root/run" "$root/var/tmp" "$root/tmp" "$root/proc" "$root/sys" "$root/dev"
for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$root/$directory"; done
# shellcheck disable=SC2086
for package in $(installed $packages); do dpkg -L "$package"; done |
  sed -E -e 's#^/(bin|sbin|lib|lib64)/#/usr/\1/#' -e '/^\/usr\/share\/(doc|man|info|locale|lintian)\//d' | sort -u |
  while read -r path; do if [ -f "$path" ] || [ -L "$path" ]; then printf '%s\n' "${path#/}"; fi; done >"$stage/files"
tar -C / --create --no-recursion --files-from "$stage/files" --file - | tar -C "$root" --extract --keep-directory-symlink --file -
ln -sf mawk "$root/usr/bin/awk"
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
chroot "$root" /sbin/ldconfig
chroot "$root" /usr/bin/python3 -c 'import json, socket, ctypes'
tar -C "$root" --create --numeric-owner --file "$1.unfinished" .
mv "$1.unfinished" "$1"
