#!/bin/sh
# musl, the other C library, and a shell without any: what images are made of in which the daemon must run, too.
component=musl
. "$(dirname "$0")/lib.sh"

component_install() {
  apt_install musl busybox-static
  component_status
}

component_status() {
  for path in /lib/ld-musl-*.so.1; do
    [ -e "$path" ] || break
    answer INSTALLED yes
    answer PROGRAM "$path"
    return 0
  done
  answer INSTALLED no
  return 1
}

provision "$@"
