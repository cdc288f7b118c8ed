/** A piece of a word. `quoted` pieces are neither split nor matched against file names. */
export type Part =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | {
      readonly kind: 'parameter'
      readonly name: string
      readonly operator?: string | undefined
      readonly argument?: Word | undefined
      readonly quoted: boolean
    }
  | { readonly kind: 'command'; readonly script: Script; readonly quoted: boolean }
  | { readonly kind: 'arithmetic'; readonly expression: Word; readonly quoted: boolean }

export type Word = readonly Part[]

export interface Redirection {
  readonly descriptor: number
  readonly operator: '<' | '>' | '>>' | '>|' | '<&' | '>&' | '<<'
  readonly target: Word
}

export interface Assignment {
  readonly name: string
  readonly value: Word
}

interface WithRedirections {
  readonly redirections: readonly Redirection[]
}

export type Command = WithRedirections &
  (
    | { readonly kind: 'simple'; readonly assignments: readonly Assignment[]; readonly words: readonly Word[] }
    | { readonly kind: 'group'; readonly body: Script }
    | { readonly kind: 'subshell'; readonly body: Script }
    | {
        readonly kind: 'if'
        readonly branches: readonly { readonly condition: Script; readonly body: Script }[]
        readonly otherwise?: Script | undefined
      }
    | { readonly kind: 'loop'; readonly until: boolean; readonly condition: Script; readonly body: Script }
    | {
        readonly kind: 'for'
        readonly name: string
        readonly words?: readonly Word[] | undefined
        readonly body: Script
      }
    | {
        readonly kind: 'case'
        readonly subject: Word
        readonly branches: readonly { readonly patterns: readonly Word[]; readonly body: Script }[]
      }
    | { readonly kind: 'function'; readonly name: string; readonly body: Command }
  )

export interface Pipeline {
  readonly negated: boolean
  readonly commands: readonly Command[]
}

export interface AndOr {
  readonly first: Pipeline
  readonly rest: readonly { readonly operator: '&&' | '||'; readonly pipeline: Pipeline }[]
}

export interface Statement {
  readonly chain: AndOr
  readonly background: boolean
}

export type Script = readonly Statement[]

export class ShellSyntaxError extends Error {
  override readonly name = 'ShellSyntaxError'
}
