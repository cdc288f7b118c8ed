#!/bin/sh
# A small root file system for tests.
#   sh base-image.sh FILE     writes an uncompressed tar
exec sh "$(dirname "$0")/../../../../infra/base-image/machine.sh" "$1" python3-minimal python3
