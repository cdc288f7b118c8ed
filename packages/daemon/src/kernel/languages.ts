import { ConnectError } from '@caisson/wire-e2b'
import { bash, createProgramKind } from './bash.ts'
import { createJavaScript } from './javascript.ts'
import { java } from './java.ts'
import { createPython } from './python.ts'
import { r } from './r.ts'
import type { KernelKind } from './start-kernel.ts'

const aliases: Readonly<Record<string, string>> = {
  js: 'javascript',
  ts: 'typescript',
  sh: 'bash',
  rb: 'ruby',
  'c++': 'cpp',
}

/** The languages that contexts can have. */
export interface Languages {
  /** The language that a name means. Unknown: `invalid_argument`. */
  readonly nameOf: (language: string) => string
  readonly kindOf: (language: string) => KernelKind
  readonly onIdle: () => void
  readonly end: () => void
}

export function createLanguages(): Languages {
  const python = createPython()
  const kinds: Readonly<Record<string, KernelKind>> = {
    python,
    javascript: createJavaScript('javascript'),
    typescript: createJavaScript('typescript'),
    bash,
    r,
    java,
    ruby: createProgramKind('ruby', 'cell.rb', 'ruby "$cell"'),
    cpp: createProgramKind('g++', 'cell.cpp', 'g++ -o "$cell.run" "$cell" && "$cell.run"'),
  }

  function kindOf(language: string): KernelKind {
    const kind = Object.hasOwn(kinds, language) ? kinds[language] : undefined
    if (kind !== undefined) return kind
    const known = Object.keys(kinds).join(', ')
    throw new ConnectError('invalid_argument', `there is no language '${language}'; there are ${known}`)
  }

  return {
    nameOf: (language) => {
      const name = (Object.hasOwn(aliases, language) ? aliases[language] : undefined) ?? language
      kindOf(name)
      return name
    },
    kindOf,
    onIdle: python.onIdle,
    end: python.end,
  }
}
