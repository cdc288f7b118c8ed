#!/bin/sh
# The data libraries that the local `host` template offers to Python code: the machine's own /usr is what it shows.
component=python-data
. "$(dirname "$0")/lib.sh"

component_install() {
  apt_install python3 python3-pandas python3-matplotlib python3-openpyxl python3-pytest
  component_status
}

component_status() {
  if packages_present python3 python3-pandas python3-matplotlib python3-openpyxl python3-pytest; then
    answer INSTALLED yes
    answer PYTHON /usr/bin/python3
  else
    answer INSTALLED no
    return 1
  fi
}

provision "$@"
