import type { Budget } from '../budget.ts'
import type { Observation } from '../report.ts'
import { type BashWords, bashWords, firstTexts } from './bash-words.ts'
import { inspectCommand, interpreters } from './commands.ts'
import { createObservations, type Observations } from './observations.ts'
import { leavesWorkingDirectory } from './paths.ts'
import { bombs, dynamic, network, obfuscated, writesOutside } from './sinks.ts'
import { textsOf } from './values.ts'
import { partsOf, walk } from './walk.ts'
import type { SyntaxNode, SyntaxTree } from './syntax-node.ts'

const visited = new Set([
  'command',
  'pipeline',
  'file_redirect',
  'function_definition',
  'declaration_command',
  'while_statement',
  'raw_string',
  'string',
  'variable_assignment',
  'heredoc_body',
])

const downloaders = new Set(['curl', 'wget', 'nc', 'ncat', 'fetch', 'aria2c'])
const decoding = /^(?:base64|base32|xxd|openssl|gunzip|zcat|uudecode|rev|tr)$/

export function inspectBash(tree: SyntaxTree, budget: Budget): readonly Observation[] {
  const observations = createObservations(tree)
  const words = bashWords(tree, budget)
  walk(tree, visited, budget, (node) => {
    switch (node.type) {
      case 'command':
        inspectWords(node, words, observations)
        return
      case 'pipeline':
        inspectPipeline(node, words, observations)
        return
      case 'file_redirect':
        inspectRedirect(node, words, observations)
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
  })
  return observations.all()
}

function wordsOf(command: SyntaxNode, words: BashWords): readonly string[] {
  const parts = partsOf(command).filter(({ type }) => !/redirect|variable_assignment/.test(type))
  const [program = '', ...rest] = firstTexts(parts.map((part) => words.expand(part)))
  // What a variable holds is split where the script wants it to be.
  const isExpanded = parts[0]?.text.startsWith('$') === true
  return [...(isExpanded ? program.split(/[\s,;]+/) : [program]), ...rest]
}

function inspectWords(command: SyntaxNode, words: BashWords, observations: Observations): void {
  const expanded = wordsOf(command, words)
  for (const sink of inspectCommand(expanded)) observations.add(sink, command)
  const name = command.childForFieldName('name')
  // A program whose name comes out of nowhere.
  if (
    name !== null &&
    /^[$`]/.test(expanded[0] ?? '') &&
    !/^\$(?:\{?(?:PYTHON|NODE|SHELL|EDITOR)\}?)$/.test(expanded[0] ?? '')
  ) {
    observations.add(dynamic, command)
  }
  const runs =
    expanded[0] === 'eval' || (interpreters.has(expanded[0] ?? '') && expanded.some((word) => /^-\w*c$/.test(word)))
  if (!runs) return
  for (const program of programsWithin(command, words)) {
    if (decoding.test(program)) observations.add(obfuscated, command)
    if (downloaders.has(program))
      observations.add({ ...obfuscated, message: 'It downloads something and runs it.' }, command)
  }
}

function programsWithin(node: SyntaxNode, words: BashWords): readonly string[] {
  return node
    .descendantsOfType('command')
    .flatMap((inner) => (inner !== null && inner.id !== node.id ? [wordsOf(inner, words)[0] ?? ''] : []))
}

function inspectPipeline(pipeline: SyntaxNode, words: BashWords, observations: Observations): void {
  const programs = pipeline
    .descendantsOfType('command')
    .flatMap((command) => (command === null ? [] : [wordsOf(command, words)]))
  const last = programs.at(-1)?.find((word) => !/^(?:sudo|env|-.*)$/.test(word)) ?? ''
  if (!interpreters.has(last.slice(last.lastIndexOf('/') + 1))) return
  const before = programs.slice(0, -1).map(([program = '']) => program)
  if (before.some((program) => downloaders.has(program))) {
    observations.add({ ...obfuscated, message: 'It downloads something and runs it.' }, pipeline)
  } else if (before.some((program) => decoding.test(program))) {
    observations.add(obfuscated, pipeline)
  } else {
    observations.add(dynamic, pipeline)
  }
}

function inspectRedirect(redirect: SyntaxNode, words: BashWords, observations: Observations): void {
  const destination = redirect.childForFieldName('destination')
  if (destination === null) return
  for (const path of textsOf(words.expand(destination))) {
    observations.addText(path, redirect)
    if (/^\/dev\/(?:tcp|udp)\//.test(path)) observations.add(network, redirect)
    else if (redirect.text.includes('>') && leavesWorkingDirectory(path)) observations.add(writesOutside, redirect)
  }
}

/** `:(){ :|:& };:` under whatever name. */
function callsItselfTwice(definition: SyntaxNode): boolean {
  const name = definition.childForFieldName('name')?.text
  const body = definition.childForFieldName('body')
  if (name === undefined || body === null) return false
  const calls = body.descendantsOfType('command_name').filter((command) => command?.text === name)
  return calls.length >= 2 || (calls.length === 1 && /&\s*[;}]/.test(body.text))
}
