/** What happens during a build, as it happens. */
export type BuildEvent =
  /** Another build goes first. */
  | { readonly type: 'waiting'; readonly for: string }
  /** The next part of the work: the base's root, the image, the ready check, unpacking, sending to an engine. */
  | { readonly type: 'phase'; readonly template: string; readonly phase: BuildPhase }
  /** An instruction begins. `line` is that of the Dockerfile, where it is known. */
  | {
      readonly type: 'step'
      readonly template: string
      readonly step: number
      readonly steps: number
      readonly stage?: { readonly number: number; readonly of: number } | undefined
      readonly line?: number | undefined
      readonly instruction: string
    }
  /** The instruction that began last need not run: nothing changed. */
  | { readonly type: 'step-cached'; readonly template: string }
  /** A line that an instruction, or making the base, printed. */
  | { readonly type: 'output'; readonly template: string; readonly text: string }

export type BuildPhase = 'base' | 'image' | 'check' | 'unpack' | 'push'

export type OnBuildEvent = (event: BuildEvent) => void
