/** What a session's shell prints around the output of a command, on both of its streams. */
export type Marker =
  | { readonly kind: 'begin'; readonly command: string; readonly text: string }
  | { readonly kind: 'end'; readonly command: string; readonly exitCode: number }

/** A piece of one stream: bytes of a command, or what the shell says of commands. */
export type Piece = Uint8Array | Marker

const separator = '\u001E'
/** A marker that is not complete after this many bytes is none. */
const longestBytes = 16 * 1024 * 1024

/** Takes one stream of a session's shell apart. `secret` is in every marker, so that no output is taken for one by chance. */
export function createSplitter(secret: string): (bytes: Uint8Array) => readonly Piece[] {
  const start = Buffer.from(`${separator}${secret}:`)
  let kept = Buffer.alloc(0)
  return (bytes) => {
    kept = kept.byteLength === 0 ? Buffer.from(bytes) : Buffer.concat([kept, bytes])
    const pieces: Piece[] = []
    for (;;) {
      const at = kept.indexOf(start)
      if (at < 0) {
        const safe = kept.byteLength - partialAtEnd(kept, start)
        if (safe > 0) pieces.push(kept.subarray(0, safe))
        kept = kept.subarray(safe)
        return pieces
      }
      if (at > 0) pieces.push(kept.subarray(0, at))
      kept = kept.subarray(at)
      const end = kept.indexOf(separator, start.byteLength)
      if (end < 0 && kept.byteLength <= longestBytes) return pieces
      const marker = end < 0 ? undefined : readMarker(kept.subarray(start.byteLength, end).toString('utf8'))
      if (marker === undefined) pieces.push(kept.subarray(0, start.byteLength))
      else pieces.push(marker)
      kept = kept.subarray(marker === undefined ? start.byteLength : end + separator.length)
    }
  }
}

/** How many bytes at the end may be the beginning of a marker. */
function partialAtEnd(bytes: Buffer, start: Buffer): number {
  for (let length = Math.min(start.byteLength - 1, bytes.byteLength); length > 0; length -= 1) {
    if (bytes.subarray(bytes.byteLength - length).equals(start.subarray(0, length))) return length
  }
  return 0
}

function readMarker(text: string): Marker | undefined {
  const [kind, command = '', rest = ''] = text.split(':')
  if (kind === 'B') return { kind: 'begin', command, text: Buffer.from(rest, 'base64').toString('utf8') }
  if (kind === 'E' && /^\d{1,3}$/.test(rest)) return { kind: 'end', command, exitCode: Number(rest) }
  return undefined
}

/** Run once by a session's shell: the streams of the session as they are without anybody's redirections. */
export const prelude = 'exec 3>&1 4>&2; __daytona_x=0\n'

/** Where the standard input of a command comes from. */
export function inputPath(command: string): string {
  return `/tmp/.daytona-${command}`
}

/**
 * What makes a session's shell run a command. `eval` runs it in the shell itself, so that variables and directories stay, and `command` keeps a
 * syntax error from ending the shell.
 */
export function scriptOf(secret: string, command: string, text: string): string {
  const say = (what: string): string => `printf '\\036${secret}:${what}\\036'`
  const both = (printed: string): string => `${printed} >&3; ${printed} >&4`
  const encoded = Buffer.from(text).toString('base64')
  const pipe = inputPath(command)
  return [
    `mkfifo -m 600 ${pipe}; exec 5<>${pipe}; ${both(say(`B:${command}:${encoded}`))}`,
    `{ (exit "$__daytona_x"); command eval ${quote(text)}; } <&5 >&3 2>&4; __daytona_x=$?; exec 5>&-; rm -f ${pipe}`,
    both(`${say(`E:${command}:%s`)} "$__daytona_x"`),
    '',
  ].join('\n')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
