#!/bin/sh
# runsc, gVisor's runtime. Debian 12's own version of 2022 breaks ls and stat inside, so there it comes from backports;
# later releases have a good one of their own.
component=runsc
. "$(dirname "$0")/lib.sh"

oldest_good=0.0~20240101

good_version() {
  packages_present runsc && dpkg --compare-versions "$(dpkg-query -W -f '${Version}' runsc)" ge "$oldest_good"
}

# backports_apt arguments... : apt-get that knows the backports of the archive in use, without changing the machine's sources.
backports_apt() {
  archive=$(debian_uri)
  [ -n "$archive" ] || fail "found no Debian archive in the apt sources"
  lists=$dir/apt
  mkdir -p "$lists/lists/partial"
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  {
    cat /etc/apt/sources.list 2>/dev/null || true
    printf 'deb [signed-by=%s] %s %s-backports main\n' "$keyring" "$archive" "$codename"
    printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$archive" "$codename"
  } >"$lists/sources.list"
  apt_get -o Dir::Etc::SourceList="$lists/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$lists/lists" "$@"
}

component_install() {
  if good_version; then
    component_status
    return
  fi
  codename=$(. /etc/os-release && printf %s "${VERSION_CODENAME:-}")
  if [ "$codename" != bookworm ]; then
    apt_install runsc
  elif ! is_root || ! have apt-get; then
    say "not installed, and only root on Debian can install it here. Run, with backports among the apt sources:"
    printf '  sudo apt-get update && sudo apt-get install -y --no-install-recommends -t bookworm-backports runsc\n' >&2
    exit 3
  else
    say "installing runsc from $codename-backports"
    backports_apt update
    backports_apt install --no-install-recommends -t "$codename-backports" runsc
  fi
  good_version || fail "the runsc that apt offers is older than $oldest_good and not usable"
  component_status
}

component_status() {
  if good_version; then
    tool_status runsc
  else
    answer INSTALLED no
    return 1
  fi
}

provision "$@"
