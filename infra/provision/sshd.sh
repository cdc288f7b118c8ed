#!/bin/sh
# OpenSSH's server and key generator, for tests that reach an engine through SSH. They start it with a configuration of their own.
component=sshd
. "$(dirname "$0")/lib.sh"

component_install() {
  apt_install openssh-server openssh-client
  component_status
}

component_status() { tool_status sshd; }

provision "$@"
