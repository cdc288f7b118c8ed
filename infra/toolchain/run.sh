#!/bin/sh
# Runs one task of this repository with the Node and pnpm that it needs, whatever the machine has:
#   sh infra/toolchain/run.sh <task> [arguments]
# Brings Node and pnpm through npx when they are not there, installs the dependencies and builds the daemon when something
# changed, provides what the task needs of the machine, and then becomes the task.
set -eu

node_major=24
node_version=24.21.0
pnpm_version=12.21.0

say() { printf 'caisson: %s\n' "$*" >&2; }

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
[ $# -ge 1 ] || { say 'usage: sh infra/toolchain/run.sh <task> [arguments]'; exit 2; }
task=$1
shift

fits() {
  [ "$(node -p 'process.versions.node.split(".")[0] >= '"$node_major" 2>/dev/null)" = true ] &&
    [ "$(pnpm --version 2>/dev/null)" = "$pnpm_version" ]
}

quoted() { for word in "$@"; do printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"; done; }

if [ -z "${CAISSON_TOOLCHAIN:-}" ]; then
  if fits; then
    CAISSON_TOOLCHAIN=path
    export CAISSON_TOOLCHAIN
  else
    say "using Node $node_version and pnpm $pnpm_version through npx (fetched once)"
    # Exact versions and --prefer-offline: with ranges, or without it, npx asks the registry each time and hangs when offline.
    CAISSON_TOOLCHAIN=npx exec npx --yes --prefer-offline -p "node@$node_version" -p "pnpm@$pnpm_version" \
      -c "sh infra/toolchain/run.sh$(quoted "$task" "$@")"
  fi
fi

export TURBO_TELEMETRY_DISABLED=1 DO_NOT_TRACK=1 NODE_COMPILE_CACHE="$root/node_modules/.cache/node"
PATH=$root/node_modules/.bin:$PATH
export PATH

# The manifests of the workspace; those that an installation brings are not among them.
manifests() { find . -maxdepth 3 -name node_modules -prune -o -name package.json -print | LC_ALL=C sort; }

# The stamp tells for which lockfile and manifests node_modules was made.
install_dependencies() {
  stamp=node_modules/.caisson-installed
  # shellcheck disable=SC2046 # paths of this repository have no spaces
  want=$(cat pnpm-lock.yaml pnpm-workspace.yaml $(manifests) | cksum)
  [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return 0
  say 'installing dependencies'
  pnpm install --frozen-lockfile --prefer-offline --reporter=append-only >&2
  printf '%s\n' "$want" >"$stamp"
}

# turbo compares the daemon's sources with those of the last build and restores or makes it.
build_daemon() {
  log=$(turbo run build:executable --output-logs=errors-only --log-order=stream 2>&1) || {
    printf '%s\n' "$log" >&2
    say 'the daemon did not build'
    exit 1
  }
}

provision() { sh infra/provision/all.sh "$@"; }

# Both at a time: the one waits for packages, the other for the compiler.
build_and_provision() {
  build_daemon &
  building=$!
  provision "$@"
  wait "$building" || exit 1
}

source_node() { exec node --conditions=@caisson/source --disable-warning=ExperimentalWarning "$@"; }

tests() { exec vitest run --reporter=default --reporter=infra/toolchain/test-report.ts "$@"; }

# A target is a file beside an adapter's tests: adapter-NAME/test/conformance-target.ts, or NAME-conformance-target.ts for a further one, in which
# a ":" is a "-".
conformance() {
  case ${1:-local} in
    -*) name=local ;;
    *)
      name=$(printf %s "${1:-local}" | tr : -)
      [ $# -eq 0 ] || shift
      ;;
  esac
  target=$(ls "packages/adapter-$name/test/conformance-target.ts" packages/*/test/"$name-conformance-target.ts" 2>/dev/null) || true
  [ -n "$target" ] || {
    say "there is no adapter $name; there are: $(
      ls packages/adapter-*/test/*conformance-target.ts |
        sed -e 's|.*/\([a-z0-9-]*\)-conformance-target.ts|\1|' -e 's|packages/adapter-\([a-z0-9-]*\)/test/conformance-target.ts|\1|' | tr '\n' ' ')"
    exit 2
  }
  source_node packages/conformance/src/cli.ts "$target" "$@"
}

install_dependencies
case $task in
  quickstart)
    build_and_provision
    source_node apps/cli/src/quickstart/main.ts "$@"
    ;;
  start)
    build_daemon
    source_node apps/orchestrator/src/main.ts "$@"
    ;;
  test)
    build_and_provision runsc buildah debootstrap musl e2b-python jupyter
    [ $# -gt 0 ] || source_node infra/toolchain/test-lanes.ts
    tests "$@"
    ;;
  test:unit) tests --project unit "$@" ;;
  test:live) CAISSON_LIVE=true tests --project live "$@" ;;
  check) sh infra/toolchain/check.sh ;;
  bench)
    build_and_provision
    source_node bench/src/main.ts "$@"
    ;;
  conformance)
    case ${1:-} in
      *gvisor*) build_and_provision runsc ;;
      *) build_and_provision ;;
    esac
    conformance "$@"
    ;;
  format) exec oxfmt . ;;
  caisson) source_node apps/cli/src/main.ts "$@" ;;
  create-adapter)
    # In a shell of its own, which it becomes.
    (source_node templates/adapter/src/main.ts "$@")
    pnpm install --no-frozen-lockfile --prefer-offline --reporter=silent >&2
    ;;
  exec) exec "$@" ;;
  *)
    say "unknown task $task"
    exit 2
    ;;
esac
