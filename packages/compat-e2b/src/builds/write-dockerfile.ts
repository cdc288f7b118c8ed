import type { BuildStep } from './build-steps.ts'

export interface WrittenDockerfile {
  readonly text: string
  /** The step that a line belongs to, counted from 1; 0 is what comes before the first. */
  readonly stepOfLine: (line: number) => number
}

export interface DockerfileOptions {
  /** As whom steps run that do not say, and where. */
  readonly user: string
  readonly workdir: string
  /** Instructions before the first step. */
  readonly before: readonly string[]
}

/** Takes what lies in the archive to its place as `COPY` does: folders by their content, several things only into a folder. */
const copyScript = `from=$1; to=$2; owner=$3; mode=$4
case $to in /*) ;; *) to=$PWD/$to ;; esac
cd /.caisson-copy
set -f; IFS=; set +f
set -- $from
[ -e "$1" ] || { echo "there is no $from" >&2; exit 1; }
list=/.caisson-copied; : > $list
for item; do
  if [ -d "$item" ]; then mkdir -p "$to"; cp -a "$item/." "$to/"; (cd "$item" && find . -print0) | sed -z "s|^|$to/|" >> $list
  elif [ $# -gt 1 ] || [ -d "$to" ] || [ "\${to%/}" != "$to" ]; then mkdir -p "$to"; cp -a "$item" "$to/"; printf '%s\\0' "$to/\${item##*/}" >> $list
  else mkdir -p "$(dirname "$to")"; cp -a "$item" "$to"; printf '%s\\0' "$to" >> $list; fi
done
xargs -0 -r chown -h "$owner" < $list
if [ -n "$mode" ]; then xargs -0 -r chmod "$mode" < $list; fi
cd /; rm -rf /.caisson-copy $list`

const makeScript = `[ -d "$1" ] || { mkdir -p "$1"; chown "$2" "$1"; }`

/** The steps of an E2B build as a Dockerfile. Archives are `<hash>.tar` in its context. Nothing of a step is read by a shell that it was not meant for. */
export function writeDockerfile(steps: readonly BuildStep[], options: DockerfileOptions): WrittenDockerfile {
  const lines = ['ARG BASE', 'FROM ${BASE}', ...options.before, `USER ${options.user}`, `WORKDIR ${options.workdir}`]
  const firstLines: number[] = []
  let user = options.user
  for (const step of steps) {
    firstLines.push(lines.length + 1)
    switch (step.type) {
      case 'RUN': {
        const [command, as = user] = step.args
        lines.push(...during(as, user, [`RUN ${JSON.stringify(['/bin/bash', '-l', '-c', command])}`]))
        break
      }
      case 'COPY': {
        const [from, to, owner, mode] = step.args
        const parts = [from, to, owner ?? `${user}:`, mode ?? '']
        const run = `RUN ${JSON.stringify(['/bin/sh', '-ec', copyScript, 'sh', ...parts])}`
        lines.push(...during('root', user, [`ADD ["${step.filesHash}.tar", "/.caisson-copy/"]`, run]))
        break
      }
      case 'ENV':
        for (const [name, value] of step.args) lines.push(`ENV ${name}="${value.replaceAll(/["\\$]/g, '\\$&')}"`)
        break
      case 'WORKDIR':
        // Not every builder makes the folder.
        lines.push(
          ...during('root', user, [
            `RUN ${JSON.stringify(['/bin/sh', '-ec', makeScript, 'sh', step.args[0], `${user}:`])}`,
          ]),
        )
        lines.push(`WORKDIR ${step.args[0].replaceAll(/["\\$]/g, '\\$&')}`)
        break
      case 'USER':
        ;[user] = step.args
        lines.push(`USER ${user}`)
        break
    }
  }
  // Sandboxes begin as the template's user, whoever did the last step.
  if (user !== options.user) lines.push(`USER ${options.user}`)
  return {
    text: `${lines.join('\n')}\n`,
    stepOfLine: (line) => firstLines.filter((first) => first <= line).length,
  }
}

function during(as: string, user: string, lines: readonly string[]): readonly string[] {
  return as === user ? lines : [`USER ${as}`, ...lines, `USER ${user}`]
}
