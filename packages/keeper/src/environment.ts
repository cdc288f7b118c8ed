import { keeperProgram } from './keeper-program.ts'
import type { KeeperCommand } from './link.ts'

/** An environment variable may hold 128 KiB. */
const partBytes = 96 * 1024

const keeperVariable = 'CAISSON_KEEPER'
const run = `exec perl -e 'my $program = delete $ENV{${keeperVariable}}; eval $program; die $@ if $@'`

/** A keeper that finds its program in the environment. It comes with each command: what lies in a sandbox belongs to the code there. */
export function byEnvironment({ words, spec }: KeeperCommand): {
  readonly command: string
  readonly envs: Record<string, string>
} {
  const parts = partsOf(spec)
  return {
    command: [run, ...words].join(' '),
    envs: {
      [keeperVariable]: keeperProgram,
      ...Object.fromEntries(parts.map((part, index) => [`CAISSON_SPEC_${index}`, part])),
    },
  }
}

const ready = ['CAISSON-', 'READY'] as const

/** What a keeper says that reads its program from its standard input, once it does so. */
export const readyLine = ready.join('')

/** A keeper that reads its program from its standard input: what to type for it, and what to send after `readyLine`. Complaints would be taken for its words. */
export function byInput({ words, spec }: KeeperCommand): { readonly command: string; readonly input: string } {
  const input = [Buffer.from(keeperProgram).toString('hex'), ...partsOf(spec)].join('\n')
  const bootstrap = [
    `$| = 1; print "${ready[0]}"."${ready[1]}\\n"; my $length = shift; my $text = "";`,
    'while (length($text) < $length) { sysread(STDIN, $text, $length - length $text, length $text) or exit 1 }',
    'my ($program, @spec) = split /\\n/, $text; $ENV{"CAISSON_SPEC_$_"} = $spec[$_] for 0 .. $#spec;',
    'eval pack "H*", $program; die $@ if $@',
  ].join(' ')
  return { command: `exec perl -e '${bootstrap}' ${input.length} ${words.join(' ')} 2>/dev/null`, input }
}

function partsOf(spec: string): readonly string[] {
  return spec.match(new RegExp(`.{1,${partBytes}}`, 'g')) ?? []
}
