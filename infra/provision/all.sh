#!/bin/sh
# Provides what the tests and the quickstart need, and what else is named. Tries every component, then says which ones are not there and why:
# a test that needs one of those is skipped with its reason, and not failed.
set -u
here=$(dirname "$0")
missing=
for component in crun runc python-data document-tools "$@"; do
  sh "$here/$component.sh" install >/dev/null || missing="$missing $component"
done
[ -z "$missing" ] || printf 'provision: not available:%s\n' "$missing" >&2
