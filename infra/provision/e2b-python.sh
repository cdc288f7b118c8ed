#!/bin/sh
# E2B's Python SDK, unmodified, in an environment of its own: what the example and the tests of the E2B endpoint drive.
component=e2b-python
. "$(dirname "$0")/lib.sh"

component_install() {
  apt_install python3 python3-venv
  python_environment e2b==2.63.0 e2b-code-interpreter==2.11.5
  component_status
}

component_status() { python_environment_status; }

provision "$@"
