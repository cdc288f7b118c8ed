#!/bin/sh
# runc, the OCI runtime that takes over where crun is missing or refuses the host.
component=runc
. "$(dirname "$0")/lib.sh"

component_install() {
  apt_install runc tini e2fsprogs uidmap
  component_status
}

component_status() { tool_status runc; }

provision "$@"
