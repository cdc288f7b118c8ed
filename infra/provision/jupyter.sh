#!/bin/sh
# Jupyter's own packages in an environment of their own: nbformat tells whether a notebook is valid, ipykernel is what our kernels are measured with.
component=jupyter
. "$(dirname "$0")/lib.sh"

component_install() {
  apt_install python3 python3-venv
  python_environment nbformat==5.10.4 nbclient==0.10.2 ipykernel==6.31.0
  component_status
}

component_status() { python_environment_status; }

provision "$@"
