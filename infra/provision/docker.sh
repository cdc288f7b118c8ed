#!/bin/sh
# A Docker engine. One that runs already is used; else a private one is started: own socket, own data, no bridge, no
# change to the machine's packet filter.
# busybox-static makes an image where there is no registry; rootlesskit and uidmap are for an engine of an ordinary user.
component=docker
. "$(dirname "$0")/lib.sh"

answers() { curl -fs --max-time 5 --unix-socket "$1" http://engine/_ping >/dev/null; }

component_install() {
  [ -S /var/run/docker.sock ] && answers /var/run/docker.sock && return 0
  apt_install docker.io curl iptables busybox-static rootlesskit uidmap
}

component_start() {
  if [ -S /var/run/docker.sock ] && answers /var/run/docker.sock; then
    answer DOCKER_HOST unix:///var/run/docker.sock
    return
  fi
  component_install
  socket=$(short_run_dir)/docker.sock
  if ! is_ours; then
    is_root || fail "only root can start a Docker engine here"
    mkdir -p "$(short_run_dir)"
    # Engine and containerd live outside the caller's session; their state lies in the given directory.
    start_service dockerd --host "unix://$socket" --group root --data-root "$dir/data" --exec-root "$(short_run_dir)/exec" \
      --pidfile "$(short_run_dir)/dockerd.pid" --bridge=none --iptables=false --ip6tables=false
  fi
  wait_for 60 answers "$socket" || {
    tail -n 5 "$dir/service.log" >&2
    component_stop
    fail "the engine did not come up; see $dir/service.log"
  }
  answer DOCKER_HOST "unix://$socket"
}

component_stop() {
  stop_service 20
  # The engine leaves the network namespace of host-network containers mounted.
  if grep -q " $(short_run_dir)/exec/netns/default " /proc/self/mounts; then umount "$(short_run_dir)/exec/netns/default"; fi
  rm -rf "$(short_run_dir)"
}

component_status() {
  if [ -S /var/run/docker.sock ] && answers /var/run/docker.sock; then
    answer DOCKER_HOST unix:///var/run/docker.sock
  elif is_ours; then
    answer DOCKER_HOST "unix://$(short_run_dir)/docker.sock"
  else
    answer RUNNING no
    return 1
  fi
}

provision "$@"
