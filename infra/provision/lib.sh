# What the provision scripts share. Sourced, never run: a script sets `component`, defines the functions that it needs
# (component_install, component_start, component_stop, component_status) and ends with `provision "$@"`.
#
# Answers go to standard output as KEY=value lines, everything else to standard error.
# Exit codes: 0 done, 1 failed, 2 wrong usage, 3 needs root on Debian (the command to run is printed).

set -eu
umask 022

say() { printf 'provision %s: %s\n' "$component" "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

answer() { printf '%s=%s\n' "$1" "$2"; }

is_root() { [ "$(id -u)" -eq 0 ]; }

have() { command -v "$1" >/dev/null 2>&1; }

packages_present() {
  for package in "$@"; do
    case "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" in
      *' installed') ;;
      *) return 1 ;;
    esac
  done
}

# apt_get arguments... : apt-get without questions, waiting for others instead of failing. Services that a package brings
# are not started: these scripts run their own, with their own data.
apt_get() {
  policy=/usr/sbin/policy-rc.d
  (
    flock 9
    if [ ! -e "$policy" ]; then
      trap 'rm -f "$policy"' EXIT
      printf '#!/bin/sh\nexit 101\n' >"$policy"
      chmod 755 "$policy"
    fi
    DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=600 "$@" >&2
  ) 9>/run/caisson-apt.lock
}

# apt_install packages... : nothing to do when all are there; the lists are fetched only when what is known does not suffice.
apt_install() {
  if have dpkg-query && packages_present "$@"; then return 0; fi
  if ! have apt-get || ! is_root; then
    say "not installed, and only root on Debian can install it here. Run:"
    printf '  sudo apt-get update && sudo apt-get install -y --no-install-recommends %s\n' "$*" >&2
    exit 3
  fi
  say "installing $*"
  apt_get install --no-install-recommends "$@" 2>/dev/null && return 0
  apt_get update
  apt_get install --no-install-recommends "$@" || fail "apt-get could not install: $*"
}

# debian_uri : the archive that this machine is set up to use.
debian_uri() {
  cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n -e 's/^URIs:[[:space:]]*\([^[:space:]]*\).*/\1/p' -e 's/^deb[[:space:]]\(\[[^]]*\][[:space:]]*\)\{0,1\}\([^[:space:]]*\).*/\2/p' |
    grep -E '/debian/?$' | head -n 1
}

# start_time pid : when that process began, in ticks since boot. With the pid it names a process for good.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

# is_ours : whether the service that this directory's pid file names is still the one we started.
is_ours() {
  [ -r "$dir/service.pid" ] || return 1
  read -r service_pid service_started <"$dir/service.pid"
  [ -n "$service_started" ] && [ "$(start_time "$service_pid")" = "$service_started" ]
}

# start_service command... : in a session of its own, output in service.log, and without the caller's open files: a service
# would hold a lock among them for as long as it lives.
start_service() {
  mkdir -p "$dir"
  setsid "$@" </dev/null >"$dir/service.log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  started=$!
  printf '%s %s\n' "$started" "$(start_time "$started")" >"$dir/service.pid"
}

# stop_service seconds [signal] : asks, waits, then kills; only what start_service started.
stop_service() {
  if is_ours; then
    kill -s "${2:-TERM}" "$service_pid" 2>/dev/null || true
    wait_for "$1" not_ours || kill -9 "$service_pid" 2>/dev/null || true
    wait_for 5 not_ours || fail "process $service_pid does not end"
  fi
  rm -f "$dir/service.pid"
}

not_ours() { ! is_ours; }

# wait_for seconds command... : polls until the command succeeds.
wait_for() {
  left=$(($1 * 10))
  shift
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || return 1
    sleep 0.1
  done
}

# short_run_dir : a directory for sockets, whose paths may have 107 bytes only. Told apart by the data directory.
short_run_dir() { printf '/run/caisson-%s-%s\n' "$component" "$(printf %s "$dir" | cksum | cut -d ' ' -f 1)"; }

free_port() {
  port=20000
  while grep -qi ":$(printf %04X "$port") " /proc/net/tcp /proc/net/tcp6 2>/dev/null; do port=$((port + 1)); done
  printf '%s\n' "$port"
}

# tool_status program : for components that are a program and no service.
tool_status() {
  path=$(command -v "$1") || {
    answer INSTALLED no
    return 1
  }
  answer INSTALLED yes
  answer PROGRAM "$path"
}

# python_environment packages... : an environment in the component's directory that has exactly these and what they need.
python_environment() {
  [ "$(cat "$dir/packages" 2>/dev/null)" = "$*" ] && return 0
  say "installing $*"
  mkdir -p "$dir"
  rm -rf "$dir/venv" "$dir/packages"
  /usr/bin/python3 -m venv "$dir/venv" >&2 || fail 'python3 makes no environment'
  "$dir/venv/bin/pip" --disable-pip-version-check --no-input install --quiet "$@" >&2 || fail "pip could not install: $*"
  printf '%s\n' "$*" >"$dir/packages"
}

python_environment_status() {
  [ -e "$dir/packages" ] || {
    answer INSTALLED no
    return 1
  }
  answer INSTALLED yes
  answer PYTHON "$dir/venv/bin/python"
}

provision() {
  usage="usage: sh infra/provision/$component.sh install|start|stop|status [--dir D]"
  [ $# -ge 1 ] || { printf '%s\n' "$usage" >&2; exit 2; }
  action=$1
  shift
  dir=${CAISSON_PROVISION_DIR:-$(dirname "$0")/../../.caisson/provision}/$component
  while [ $# -gt 0 ]; do
    case $1 in
      --dir) [ $# -ge 2 ] || { printf '%s\n' "$usage" >&2; exit 2; }; dir=$2; shift 2 ;;
      *) printf '%s\n' "$usage" >&2; exit 2 ;;
    esac
  done
  PATH=$PATH:/usr/sbin:/sbin
  case $action in
    install | status) ;;
    start)
      # A program without a service is started by being there.
      have component_start || action=install
      ;;
    stop) have component_stop || return 0 ;;
    *) printf '%s\n' "$usage" >&2; exit 2 ;;
  esac
  [ "$action" = status ] || { mkdir -p "$dir" && dir=$(cd "$dir" && pwd); }
  "component_$action"
}
