#!/bin/sh
# Chromium, for the tests of pages. As root it needs --no-sandbox.
component=chromium
. "$(dirname "$0")/lib.sh"

component_install() {
  apt_install chromium
  component_status
}

component_status() { tool_status chromium; }

provision "$@"
