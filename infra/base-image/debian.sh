#!/bin/sh
# A minimal Debian root file system, made by debootstrap from the archive that this machine is set up to use: no registry.
#   sh infra/base-image/debian.sh DIRECTORY
# Leaves root.tar and packages (name, version and architecture of each) in the folder. Needs root and debootstrap.
set -eu
umask 022

suite=bookworm
say() { printf 'base-image: %s\n' "$*"; }

[ $# -eq 1 ] || { say "usage: sh infra/base-image/debian.sh DIRECTORY"; exit 2; }
directory=$1
PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" -eq 0 ] || { say "only root can make a root file system"; exit 3; }
command -v debootstrap >/dev/null || {
  say "debootstrap is missing: apt-get install -y --no-install-recommends debootstrap"
  exit 3
}

# archive_uri pattern : the first archive of that kind among this machine's apt sources.
archive_uri() {
  cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n -e 's/^URIs:[[:space:]]*\([^[:space:]]*\).*/\1/p' -e 's/^deb[[:space:]]\(\[[^]]*\][[:space:]]*\)\{0,1\}\([^[:space:]]*\).*/\2/p' |
    grep -E "$1" | head -n 1
}

main=$(archive_uri '/debian/?$')
security=$(archive_uri '/debian-security/?$')
[ -n "$main" ] || { say "found no Debian archive among the apt sources of this machine"; exit 1; }

root=$directory/root
# What nobody reads in a sandbox is left out from the start, and stays out when packages are installed later.
mkdir -p "$root/etc/dpkg/dpkg.cfg.d" "$root/etc/apt/apt.conf.d"
cat >"$root/etc/dpkg/dpkg.cfg.d/caisson" <<'END'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/lintian/*
END
cat >"$root/etc/apt/apt.conf.d/caisson" <<'END'
APT::Install-Recommends "false";
Acquire::Languages "none";
Dpkg::Use-Pty "false";
END

say "debootstrap $suite"
debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$main"

say "updates"
{
  printf 'deb %s %s main\n' "$main" "$suite"
  printf 'deb %s %s-updates main\n' "$main" "$suite"
  [ -z "$security" ] || printf 'deb %s %s-security main\n' "$security" "$suite"
} >"$root/etc/apt/sources.list"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
in_root() { DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
in_root apt-get -q update
in_root apt-get -q -y upgrade

say "cleaning"
in_root apt-get clean
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/* "$root"/var/log/* "$root"/tmp/* "$root"/run/* \
  "$root"/usr/share/man/* "$root"/usr/share/locale/* "$root"/usr/share/info/*
find "$root/usr/share/doc" -type f ! -name copyright -delete
: >"$root/etc/resolv.conf"
: >"$root/etc/machine-id"
rm -f "$root/etc/hostname"

in_root dpkg-query --show --showformat '${Package} ${Version} ${Architecture}\n' | LC_ALL=C sort >"$directory/packages"
tar -C "$root" --create --numeric-owner --xattrs --xattrs-include='*' --one-file-system --sort=name --file "$directory/root.tar" .
rm -rf "$root"
say "made of $(wc -l <"$directory/packages") packages, $(du -h "$directory/root.tar" | cut -f 1)"
