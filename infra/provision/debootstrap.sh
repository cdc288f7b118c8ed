#!/bin/sh
# debootstrap, which makes a Debian root file system: the source of base images without a registry.
component=debootstrap
. "$(dirname "$0")/lib.sh"

component_install() {
  apt_install debootstrap
  component_status
}

component_status() { tool_status debootstrap; }

provision "$@"
