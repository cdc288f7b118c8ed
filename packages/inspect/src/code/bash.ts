import type { Budget } from '../budget.ts'
import { type BashWords, bashWords } from './bash-words.ts'
import { grammarOfProgram, interpreters, programName } from './commands.ts'
import { createObservations, type Observations, type Observed } from './observations.ts'
import { isDevice, isVital, leavesWorkingDirectory } from './paths.ts'
import {
  bombs,
  destroys,
  downloads,
  dynamic,
  native,
  network,
  obfuscated,
  reverseShell,
  spawns,
  writesOutside,
} from './sinks.ts'
import type { SyntaxNode, SyntaxTree } from './syntax-node.ts'
import { textsOf } from './values.ts'
import { walk } from './walk.ts'

const visited = new Set([
  'command',
  'pipeline',
  'file_redirect',
  'herestring_redirect',
  'heredoc_body',
  'function_definition',
  'while_statement',
  'raw_string',
  'string',
  'variable_assignment',
])

const downloaders = new Set(['curl', 'wget', 'nc', 'ncat', 'fetch', 'aria2c'])
const connectors = new Set(['nc', 'ncat', 'netcat', 'socat', 'telnet', 'openssl'])
const decoding = /^(?:base64|base32|xxd|openssl|gunzip|zcat|uudecode|rev|tr)$/

/** What the script as a whole does, beside each command. */
interface Script {
  readonly words: BashWords
  readonly observations: Observations
  /** Files that it downloads. */
  readonly downloaded: ReadonlySet<string>
  /** Its functions that run what they are given. */
  readonly runners: ReadonlySet<string>
  /** Whether it goes to a directory that is not its own. */
  readonly entersVital: boolean
}

export function inspectBash(tree: SyntaxTree, budget: Budget): Observed {
  const observations = createObservations(tree)
  const words = bashWords(tree, budget)
  const downloaded = new Set<string>()
  const runners = new Set<string>()
  let entersVital = false
  let startsItself = 0
  walk(tree, new Set(['command']), budget, (command) => {
    const [program = '', ...rest] = words.wordsOf(command)
    for (const file of filesOfDownload(programName(program), rest)) downloaded.add(file)
    if (isGiven(command)) runners.add(functionAround(command)?.childForFieldName('name')?.text ?? '')
    if (program === 'cd' && isVital(rest[0] ?? '')) entersVital = true
    if (program === '$0' && ++startsItself === 2) observations.add(bombs, command)
  })
  const script: Script = { words, observations, downloaded, runners, entersVital }
  walk(tree, visited, budget, (node) => {
    inspectNode(node, script)
  })
  return observations.all()
}

function inspectNode(node: SyntaxNode, script: Script): void {
  const { words, observations } = script
  switch (node.type) {
    case 'command':
      inspectWords(node, script)
      return
    case 'pipeline':
      inspectPipeline(node, script)
      return
    case 'file_redirect':
      inspectRedirect(node, script)
      return
    case 'herestring_redirect':
    case 'heredoc_body':
      inspectInput(node, script)
      return
    case 'function_definition':
      if (callsItselfTwice(node)) observations.add(bombs, node)
      return
    case 'while_statement':
      if (
        /^while\s+(?:true|:|\[\s*1\s*\])\s*;?\s*do\b/.test(node.text.slice(0, 60)) &&
        /[^&]&\s*(?:;|\n|done)/.test(node.text)
      ) {
        observations.add(bombs, node)
      }
      return
    default:
      for (const content of textsOf(words.expand(node))) observations.addText(content, node)
  }
}

/** `"$@"`: what runs is what somebody else gave. */
function isGiven(command: SyntaxNode): boolean {
  return /^"?\$[@*]"?$/.test(command.childForFieldName('name')?.text ?? '')
}

function functionAround(node: SyntaxNode): SyntaxNode | undefined {
  for (let outer = node.parent; outer !== null; outer = outer.parent) {
    if (outer.type === 'function_definition') return outer
  }
  return undefined
}

/** The files that `curl -o file`, `curl -O address` and `wget address` leave. */
function filesOfDownload(program: string, rest: readonly string[]): readonly string[] {
  if (program !== 'curl' && program !== 'wget') return []
  const flag = rest.findIndex((word) => /^(?:-\w*[oO]|--output|--output-document)$/.test(word))
  const named = flag === -1 ? undefined : rest[flag + 1]
  const addresses = rest.filter((word) => /^\w+:\/\//.test(word))
  const remote = program === 'wget' || rest.some((word) => /^(?:-\w*O\w*|--remote-name)$/.test(word))
  return [
    ...(named === undefined || /^(?:-|\w+:\/\/)/.test(named) ? [] : [named]),
    ...(remote ? addresses.map((address) => address.slice(address.lastIndexOf('/') + 1)) : []),
  ]
}

function inspectWords(command: SyntaxNode, { words, observations, downloaded, runners, entersVital }: Script): void {
  const expanded = words.wordsOf(command)
  const assigned = command.children.filter(({ type }) => type === 'variable_assignment').map(({ text }) => text)
  observations.addCommand(expanded, command)
  if (runners.has(expanded[0] ?? '')) observations.addCommand(expanded.slice(1), command)
  if (assigned.some((text) => /^(?:LD_PRELOAD|LD_LIBRARY_PATH)=/.test(text))) observations.add(native, command)
  const [program = '', ...rest] = expanded
  const name = programName(program)
  const written = command.childForFieldName('name')?.text ?? ''
  // A program whose name comes out of nowhere, or out of another program.
  const isUnknown = /^[$`]/.test(program)
    ? !/^\$(?:0|\{?(?:PYTHON|NODE|SHELL|EDITOR)\}?)$/.test(program)
    : /^(?:\$\(|`)/.test(written)
  if (isUnknown && !(isGiven(command) && functionAround(command) !== undefined)) {
    observations.add(dynamic, command)
  }
  if (name === 'eval' && rest.length > 0 && !rest.some((word) => /[$`]/.test(word))) {
    observations.addCode('bash', rest.join(' '), command)
  }
  if (name === 'trap' && rest[0] !== undefined && !rest[0].startsWith('-'))
    observations.addCode('bash', rest[0], command)
  const removesAll = name === 'rm' && rest.some((word) => /^-\w*[rR]|^--recursive$/.test(word))
  if (entersVital && removesAll && rest.some((word) => /^(?:\.\/?|(?:\.\/)?\*)$/.test(word))) {
    observations.add(destroys, command)
  }
  const file =
    interpreters.has(name) || name === 'source' || name === '.' ? rest.find((word) => !word.startsWith('-')) : program
  if (file !== undefined && downloaded.has(file.replace(/^\.\//, ''))) observations.add(downloads, command)
  inspectSubstitutions(command, expanded, { words, observations })
}

/** `bash -c "$(curl …)"`, `source <(curl …)` */
function inspectSubstitutions(
  command: SyntaxNode,
  [program = '', ...rest]: readonly string[],
  { words, observations }: Pick<Script, 'words' | 'observations'>,
): void {
  const runs =
    program === 'eval' ||
    ((program === 'source' || program === '.' || interpreters.has(programName(program))) &&
      (rest.some((word) => /^-\w*c$/.test(word)) || command.descendantsOfType('process_substitution').length > 0))
  if (!runs) return
  for (const inner of command.descendantsOfType('command')) {
    if (inner.id === command.id) continue
    const name = programName(words.wordsOf(inner)[0] ?? '')
    if (decoding.test(name)) observations.add(obfuscated, command)
    if (downloaders.has(name)) observations.add(downloads, command)
  }
}

function inspectPipeline(pipeline: SyntaxNode, { words, observations }: Script): void {
  const programs = pipeline.descendantsOfType('command').map(words.wordsOf)
  const isShell = ([program = '', ...rest]: readonly string[]) =>
    grammarOfProgram(program) === 'bash' && rest.some((word) => /^-\w*i$/.test(word))
  const connects = ([program = '']: readonly string[]) => connectors.has(programName(program))
  const isBetween = programs
    .slice(1, -1)
    .some(
      ([program = ''], index) => grammarOfProgram(program) === 'bash' && programs.slice(0, index + 1).some(connects),
    )
  if (isBetween && programs.slice(1).some(connects)) {
    observations.add(reverseShell, pipeline)
    return
  }
  if (programs.some(isShell) && programs.some(connects)) {
    observations.add(reverseShell, pipeline)
    return
  }
  for (const [index, given] of programs.entries()) {
    const [before = '', ...texts] = programs[index - 1] ?? []
    const isXargs = programName(given[0] ?? '') === 'xargs' && /^(?:echo|printf)$/.test(programName(before))
    if (isXargs) observations.addCommand([...given, ...texts.flatMap((word) => word.split(/\s+/))], pipeline)
  }
  const last = programs.at(-1)?.find((word) => !/^(?:sudo|env|-.*)$/.test(word)) ?? ''
  if (!interpreters.has(programName(last))) return
  const before = programs.slice(0, -1).map(([program = '']) => programName(program))
  const [source] = pipeline.descendantsOfType('command')
  const spellsOut =
    /^(?:printf|echo)$/.test(before[0] ?? '') && /\\(?:x[\da-fA-F]{2}|[0-7]{3})/.test(source?.text ?? '')
  if (before.some((program) => downloaders.has(program))) observations.add(downloads, pipeline)
  else if (spellsOut || before.some((program) => decoding.test(program))) observations.add(obfuscated, pipeline)
  else observations.add(dynamic, pipeline)
}

function inspectRedirect(redirect: SyntaxNode, { words, observations }: Script): void {
  const destination = redirect.childForFieldName('destination')
  if (destination === null) return
  for (const path of textsOf(words.expand(destination))) {
    observations.addText(path, redirect)
    if (/^\/dev\/(?:tcp|udp)\//.test(path)) observations.add(network, redirect)
    else if (!redirect.text.includes('>')) continue
    else if (isDevice(path)) observations.add(destroys, redirect)
    else if (leavesWorkingDirectory(path)) observations.add(writesOutside, redirect)
  }
}

/** `bash <<< "…"` and `bash <<END`: text for an interpreter to read. */
function inspectInput(input: SyntaxNode, { words, observations }: Script): void {
  const contents =
    input.type === 'heredoc_body' ? [input.text] : input.namedChildren.flatMap((part) => textsOf(words.expand(part)))
  for (const content of contents) observations.addText(content, input)
  const statement = input.type === 'heredoc_body' ? input.parent?.parent : input.parent
  const command = statement?.type === 'command' ? statement : statement?.children.find(({ type }) => type === 'command')
  if (command === undefined) return
  const given = words.wordsOf(command)
  if (programName(given[0] ?? '') === 'xargs') {
    for (const content of contents) observations.addCommand([...given, ...content.split(/\s+/)], input)
  }
  const grammar = grammarOfProgram(given[0] ?? '')
  if (grammar === undefined) return
  observations.add(spawns, input)
  for (const content of contents) observations.addCode(grammar, content, input)
}

/** `:(){ :|:& };:` under whatever name. */
function callsItselfTwice(definition: SyntaxNode): boolean {
  const name = definition.childForFieldName('name')?.text
  const body = definition.childForFieldName('body')
  if (name === undefined || body === null) return false
  const calls = body.descendantsOfType('command_name').filter((command) => command.text === name)
  return calls.length >= 2 || (calls.length === 1 && /&\s*[;}]/.test(body.text))
}
