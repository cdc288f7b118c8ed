#!/bin/sh
# crun, the OCI runtime of the container tier, tini, the init of its sandboxes, the file systems of their disks, and what ordinary users need.
component=crun
. "$(dirname "$0")/lib.sh"

component_install() {
  apt_install crun tini e2fsprogs uidmap
  component_status
}

component_status() { tool_status crun; }

provision "$@"
