#!/bin/sh
# Types, lint, format, dead code, boundaries. Runs all of them and fails if any failed.
set -u
failed=
step() {
  name=$1
  shift
  if "$@"; then printf 'check: %s ok\n' "$name"; else failed="$failed $name" && printf 'check: %s FAILED\n' "$name"; fi
}
step types tsc -b
step test-types tsc -p tsconfig.test.json
step lint oxlint --deny-warnings
step format oxfmt --check .
# Files and dependencies as they are shipped; exports also where only tests use them.
step dead-code knip --production --strict --exclude exports,types
step dead-exports knip --include exports,types
step boundaries turbo boundaries
step repository vitest run --project unit --project long infra/toolchain --silent --reporter=dot
[ -z "$failed" ] || { printf 'check: failed:%s\n' "$failed" && exit 1; }
