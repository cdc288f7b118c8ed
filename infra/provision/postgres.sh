#!/bin/sh
# A private Postgres (Debian's newest, 15 or later) that runs as user postgres, on loopback and a socket of its own.
component=postgres
. "$(dirname "$0")/lib.sh"

programs() {
  for directory in /usr/lib/postgresql/*/bin; do [ -x "$directory/initdb" ] && printf '%s\n' "$directory"; done | sort -V | tail -n 1
}

as_postgres() { setpriv --reuid postgres --regid postgres --init-groups "$@"; }

component_install() {
  [ -n "$(programs)" ] && return 0
  # The cluster that the package would make is not wanted: this script makes its own.
  apt_install postgresql-common
  if is_root && [ -d /etc/postgresql-common ] && ! packages_present postgresql; then
    mkdir -p /etc/postgresql-common/createcluster.d
    printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.d/caisson.conf
  fi
  apt_install postgresql
}

# data_directory : below the given directory, or, when user postgres may not enter that, at the usual place for services' data.
data_directory() {
  if as_postgres test -x "$dir"; then printf '%s/data\n' "$dir"; else printf '/var/lib/%s\n' "$(basename "$(short_run_dir)")"; fi
}

component_start() {
  component_install
  bin=$(programs)
  run=$(short_run_dir)
  data=$(data_directory)
  if ! is_ours; then
    is_root || fail "this script starts Postgres as user postgres, for which it must be root"
    mkdir -p "$run"
    chown postgres: "$run"
    if [ ! -s "$dir/password" ]; then
      (umask 077 && od -An -N 16 -tx1 /dev/urandom | tr -d ' \n' >"$dir/password")
    fi
    mkdir -p "$data"
    chown postgres: "$data"
    if [ ! -s "$data/PG_VERSION" ]; then
      install -o postgres -m 600 "$dir/password" "$run/password"
      as_postgres "$bin/initdb" -D "$data" -U postgres -A scram-sha-256 --pwfile "$run/password" -E UTF8 \
        --locale=C.UTF-8 --no-sync >&2
      rm -f "$run/password"
    fi
    free_port >"$dir/port"
    start_service setpriv --reuid postgres --regid postgres --init-groups "$bin/postgres" -D "$data" -c listen_addresses=127.0.0.1 \
      -p "$(cat "$dir/port")" -k "$run"
  fi
  wait_for 30 "$bin/pg_isready" -q -h "$run" -p "$(cat "$dir/port")" || {
    tail -n 5 "$dir/service.log" >&2
    component_stop
    fail "Postgres did not come up; see $dir/service.log"
  }
  component_status
}

component_stop() {
  # INT is Postgres's fast shutdown: open sessions are ended, nothing is lost.
  stop_service 20 INT
  rm -rf "$(short_run_dir)"
}

component_status() {
  if is_ours; then
    answer DATABASE_URL "postgres://postgres:$(cat "$dir/password")@127.0.0.1:$(cat "$dir/port")/postgres"
  else
    answer RUNNING no
    return 1
  fi
}

provision "$@"
