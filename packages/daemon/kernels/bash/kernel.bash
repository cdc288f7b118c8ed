# Makes an interactive bash, which reads its commands from a pipe, a kernel. Sourced once; its argument is the nonce of the marks.
# The pipes are kept under numbers of their own, because cells may redirect the standard ones.
exec 249>&4 250>&1 251>&2 4>&-
PS1= PS2=
set +H +m
unset HISTFILE
__caisson_nonce=$1
declare -A __caisson_before=()

# Tells the daemon something that comes after all text so far.
__caisson_send() {
  builtin printf '\0\0%s\0' "$__caisson_nonce" >&250
  builtin printf '\0\0%s\0' "$__caisson_nonce" >&251
  builtin printf '%s\n' "$1" >&249
}

# Sets variables for one cell: name, value, name, value.
__caisson_set() {
  while (($# > 1)); do
    if [[ -v $1 ]]; then __caisson_before[$1]="=${!1}"; else __caisson_before[$1]=; fi
    builtin export "$1=$2"
    builtin shift 2
  done
}

__caisson_restore() {
  local name
  for name in "${!__caisson_before[@]}"; do
    if [[ -z ${__caisson_before[$name]} ]]; then builtin unset "$name"; else builtin export "$name=${__caisson_before[$name]:1}"; fi
  done
  __caisson_before=()
}

# Runs a program that is made of the cell: a name for its file, a command that finds the file in $cell, the cell.
__caisson_program() {
  local directory cell status
  directory=$(mktemp -d) || return
  builtin printf '%s' "$3" >"$directory/$1"
  cell=$directory/$1
  builtin eval "$2"
  status=$?
  rm -rf "$directory"
  return "$status"
}

# The prompt that follows every cell is its end. From there on an interrupt comes too late or too early: it would take the next cell, or a part of it, away
# before it has begun.
__caisson_prompt() {
  local status=$?
  builtin trap "" INT
  __caisson_restore
  if [[ -z ${__caisson_ready-} ]]; then
    __caisson_ready=yes
    __caisson_send '{"event":"ready"}'
    return
  fi
  if ((status != 0)); then
    __caisson_send "{\"event\":\"error\",\"name\":\"ExitStatus\",\"value\":\"$status\",\"traceback\":\"exit status $status\"}"
  fi
  # No text of the cell can follow, so that nothing need be marked.
  builtin printf '{"event":"end"}\n' >&249
}
PROMPT_COMMAND=__caisson_prompt
