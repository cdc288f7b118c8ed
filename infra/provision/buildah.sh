#!/bin/sh
# buildah, which builds template images without a daemon.
# busybox-static and Python make small images for its tests.
component=buildah
. "$(dirname "$0")/lib.sh"

component_install() {
  apt_install buildah runc busybox-static python3
  component_status
}

component_status() { tool_status buildah; }

provision "$@"
