#!/bin/sh
# Podman's Docker-compatible service on a private socket with its own storage. Runs with runc and cgroupfs, which hold on
# cgroup v1, v2 and hybrid machines alike. catatonit is the init of its containers.
component=podman
. "$(dirname "$0")/lib.sh"

answers() { curl -fs --max-time 5 --unix-socket "$1" http://engine/_ping >/dev/null; }

component_install() { apt_install podman catatonit runc uidmap curl; }

component_start() {
  component_install
  run=$(short_run_dir)
  socket=$run/podman.sock
  if ! is_ours; then
    is_root || fail "this script starts the rootful service only; rootless: podman system service --time 0"
    mkdir -p "$run" "$dir/storage" "$dir/tmp"
    start_service podman --runtime "$(command -v runc)" --cgroup-manager cgroupfs --events-backend file \
      --root "$dir/storage" --runroot "$run/storage" --tmpdir "$run/tmp" system service --time 0 "unix://$socket"
  fi
  wait_for 30 answers "$socket" || {
    tail -n 5 "$dir/service.log" >&2
    component_stop
    fail "the service did not come up; see $dir/service.log"
  }
  answer DOCKER_HOST "unix://$socket"
}

component_stop() {
  stop_service 10
  # Podman keeps its storage mounted on itself after the service is gone. Containers may outlive it, and the mount goes with the last of them.
  if grep -q " $dir/storage/overlay " /proc/self/mounts; then umount -l "$dir/storage/overlay"; fi
  rm -rf "$(short_run_dir)"
}

component_status() {
  if is_ours; then
    answer DOCKER_HOST "unix://$(short_run_dir)/podman.sock"
  else
    answer RUNNING no
    return 1
  fi
}

provision "$@"
