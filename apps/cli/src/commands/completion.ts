import { Argument, type Command } from 'commander'
import type { Terminal } from '../output/terminal.ts'

const shells = ['bash', 'zsh', 'fish'] as const

export function addCompletion(program: Command, { out }: Terminal): void {
  program
    .command('completion')
    .description('print a completion script')
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  caisson completion bash > ~/.local/share/bash-completion/completions/caisson
  caisson completion zsh > "\${fpath[1]}/_caisson"
  caisson completion fish > ~/.config/fish/completions/caisson.fish`,
    )
    .action((shell: (typeof shells)[number]) => out(scripts[shell](vocabulary(program))))
}

/** The words that may follow each command, by the path to it: `''`, `runs`, `runs show` … */
type Vocabulary = ReadonlyMap<string, readonly string[]>

function vocabulary(command: Command, path = ''): Vocabulary {
  const words = [
    ...command.commands.map((child) => child.name()),
    ...command.options.flatMap(({ long }) => (long === null || long === undefined ? [] : [long])),
  ]
  return new Map([
    [path, words],
    ...command.commands.flatMap((child) => [...vocabulary(child, `${path} ${child.name()}`.trim())]),
  ])
}

const scripts: Record<(typeof shells)[number], (words: Vocabulary) => string> = {
  bash: (words) => `_caisson() {
  local path='' word index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    case "\${path:+$path }$word" in
${cases(words, '      ', (path) => `path='${path}'`)}
    esac
  done
  case "$path" in
${cases(words, '    ', (_path, own) => `COMPREPLY=($(compgen -W '${own.join(' ')}' -- "\${COMP_WORDS[COMP_CWORD]}"))`)}
  esac
}
complete -o default -F _caisson caisson
`,
  zsh: (words) => `#compdef caisson
local path_='' word
for word in \${words[2,CURRENT-1]}; do
  case "\${path_:+$path_ }$word" in
${cases(words, '    ', (path) => `path_='${path}'`)}
  esac
done
case "$path_" in
${cases(words, '  ', (_path, own) => `compadd -- ${own.join(' ')}`)}
esac
_files
`,
  fish: (words) =>
    [...words]
      .flatMap(([path, own]) => {
        const seen = path.split(' ').filter((part) => part !== '')
        const condition =
          seen.length === 0
            ? '__fish_use_subcommand'
            : seen.map((part) => `__fish_seen_subcommand_from ${part}`).join('; and ')
        return own.map((word) =>
          word.startsWith('--')
            ? `complete -c caisson -n '${condition}' -l ${word.slice(2)}`
            : `complete -c caisson -n '${condition}' -f -a ${word}`,
        )
      })
      .join('\n')
      .concat('\n'),
}

function cases(words: Vocabulary, indent: string, body: (path: string, own: readonly string[]) => string): string {
  return [...words].map(([path, own]) => `${indent}'${path}') ${body(path, own)} ;;`).join('\n')
}
