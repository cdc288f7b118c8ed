import { decodeText, runProcess, runShell, shellQuote } from '@caisson/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryAdapter } from '../src/memory/index.ts'
import { evaluate } from '../src/memory/shell/arithmetic.ts'

const sandbox = await createMemoryAdapter().create({})

async function run(script: string): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const { outcome, stdout, stderr } = await runShell(sandbox, script, { timeoutMs: 5000 })
  return {
    code: outcome.kind === 'exited' ? outcome.code : outcome.kind,
    stdout: decodeText(stdout),
    stderr: decodeText(stderr),
  }
}

describe('the shell of memory sandboxes', () => {
  it.each([
    ['echo a  b "c  d"', 'a b c  d\n'],
    [`echo 'single $x' "double \\$x" back\\ slash`, 'single $x double $x back slash\n'],
    ['x="a  b"; echo $x "$x" ${x} ${#x}', 'a b a  b a b 4\n'],
    ['echo ${no:-default} ${no-d2} "${no:+set}" ${HOME:+home}', 'default d2  home\n'],
    ['f=dir/file.txt; echo ${f##*/} ${f%.txt} ${f#*/} ${f%%/*}', 'file.txt dir/file file.txt dir\n'],
    ['echo $((1 + 2 * 3)) $((7 / 2)) $((7 % 4)) $(( (1+2)*3 )) $((3 > 2 && 1 == 1))', '7 3 3 9 1\n'],
    ['echo $(echo nested $(echo deep)) `echo old`', 'nested deep old\n'],
    ['for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done', '1\n3\n'],
    ['i=0; while :; do i=$((i+1)); [ $i -ge 3 ] && break; done; echo $i', '3\n'],
    ['case abc in x|y) echo no;; a*c) echo yes;; *) echo no;; esac', 'yes\n'],
    ['if false; then echo a; elif true; then echo b; else echo c; fi', 'b\n'],
    ['f() { echo "$# $1 $2"; return 4; }; f one "two words"; echo $?', '2 one two words\n4\n'],
    ['set -- a "b c"; for x in "$@"; do echo "<$x>"; done; shift; echo $1', '<a>\n<b c>\nb c\n'],
    ['printf "%s-%03d|%5s|%-4s|%x\\n" word 7 r l 255', 'word-007|    r|l   |ff\n'],
    ['printf "%s\\n" one two', 'one\ntwo\n'],
    ['echo one | cat | tr o 0', '0ne\n'],
    ['seq 1 5 | head -n 3 | tail -n 1', '3\n'],
    ['cat <<EOF\nhello $((1+1)) "q" $(echo sub)\nEOF', 'hello 2 "q" sub\n'],
    ["cat <<'EOF'\nraw $HOME\nEOF", 'raw $HOME\n'],
    ['{ echo out; echo err >&2; } 2>&1 | sort', 'err\nout\n'],
    ['cd /tmp && mkdir -p g && cd g && touch b a .h && echo * .h && cd .. && rm -r g', 'a b .h\n'],
    ['(cd /tmp; x=inner; pwd); echo "$(pwd) ${x-unset}"', '/tmp\n/home/user unset\n'],
    ['! true; echo $?; ! false; echo $?', '1\n0\n'],
    ['trap "echo bye" EXIT; echo hi', 'hi\nbye\n'],
    ['sleep 0.01 & wait $!; echo $?', '0\n'],
    ['echo "a b" > /tmp/w; read x y < /tmp/w; echo $y; rm /tmp/w', 'b\n'],
    ['A=1 env | grep "^A="', 'A=1\n'],
    ['yes | head -n 2', 'y\ny\n'],
    ["sh -c 'echo $0 $1' name arg", 'name arg\n'],
    ['exec echo replaced; echo never', 'replaced\n'],
    ['eval "x=5; echo \\$x"', '5\n'],
  ])('%s', async (script, stdout) => {
    expect(await run(script)).toEqual({ code: 0, stdout, stderr: '' })
  })

  it.each([
    ['exit 300', 44, ''],
    ['nosuchprogram', 127, 'not found'],
    ['/etc/passwd', 126, 'Permission denied'],
    ['set -e; false; echo never', 1, ''],
    ['echo "open', 2, 'unterminated'],
    ['if true; then', 2, 'expected'],
    ['cat /no/such', 1, 'No such file or directory'],
    ['kill -TERM $$', 'signaled', ''],
    ["sh -c 'kill -9 $$'", 137, ''],
    ['echo $((1/0))', 2, 'division by zero'],
    ['cat < /no/such', 2, 'No such file'],
  ])('%s ends with %s', async (script, code, text) => {
    const ran = await run(script)
    expect(ran.code).toBe(code)
    expect(ran.stderr).toContain(text)
    expect(ran.stdout).toBe('')
  })

  it('gives every argument to a program as it was quoted', async () => {
    const word = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll('\0', '').toWellFormed())
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 4 }), async (words) => {
        const script = `printf '[%s]' ${words.map((text) => shellQuote(text)).join(' ')}`
        expect((await run(script)).stdout).toBe(words.map((text) => `[${text}]`).join(''))
      }),
      { numRuns: 60 },
    )
  })

  it('reckons as C does', () => {
    const leaf = fc.integer({ min: 0, max: 99 }).map((value) => ({ text: String(value), value }))
    const { tree } = fc.letrec<{ tree: { text: string; value: number } }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.tuple(tie('tree'), fc.constantFrom('+', '-', '*'), tie('tree')).map(([left, operator, right]) => ({
          text: `(${left.text}${operator}${right.text})`,
          value:
            operator === '+'
              ? left.value + right.value
              : operator === '-'
                ? left.value - right.value
                : left.value * right.value,
        })),
      ),
    }))
    fc.assert(
      fc.property(tree, ({ text, value }) => {
        expect(evaluate(text, () => 0)).toBeCloseTo(value)
      }),
    )
  })

  it('refuses any text without hanging or crashing', async () => {
    const piece = fc.constantFrom(
      ' ',
      '\n',
      ';',
      '|',
      '&',
      '(',
      ')',
      '{',
      '}',
      '$',
      '"',
      "'",
      '`',
      '<',
      '>',
      'if',
      'then',
      'do',
      'x',
      '$(',
      '${',
      '<<E',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const ran = await runProcess(sandbox, { argv: ['sh', '-c', pieces.join('')], timeoutMs: 2000 })
        expect(['exited', 'signaled']).toContain(ran.outcome.kind)
      }),
      { numRuns: 300 },
    )
  })
})
