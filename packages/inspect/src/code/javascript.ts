import { loaders } from './javascript-calls.ts'
import { moduleName } from './javascript-bindings.ts'
import type { Budget } from '../budget.ts'
import { type JavascriptValues, javascriptValues } from './javascript-values.ts'
import { calledNames, comesFrom } from './comes-from.ts'
import { createObservations, type Observations, type Observed } from './observations.ts'
import { isVital, leavesWorkingDirectory } from './paths.ts'
import {
  bombs,
  destroys,
  downloads,
  dynamic,
  escalates,
  native,
  network,
  obfuscated,
  reads,
  reverseShell,
  sinkFinder,
  spawns,
  writesOutside,
} from './sinks.ts'
import { namesOf, textsOf } from './values.ts'
import { hasAncestor, partsOf, walk } from './walk.ts'
import type { SyntaxNode, SyntaxTree } from './syntax-node.ts'

const findSink = sinkFinder([
  [
    spawns,
    `child_process.* cluster.* execa.* shelljs.* cross-spawn.* node-pty.* global.Bun.spawn global.Bun.spawnSync global.Bun.$
    global.Deno.run global.Deno.Command global.process.kill zx.* bun.$`,
  ],
  [
    dynamic,
    'global.eval global.Function global.execScript vm.* vm2.* module._load global.importScripts v8.deserialize',
  ],
  [
    network,
    `net.* tls.* http.* https.* http2.* dgram.* dns.* dns/promises.* undici.* axios.* node-fetch.* got.* request.*
    superagent.* ws.* socket.io-client.* nodemailer.* ssh2.* global.fetch global.XMLHttpRequest global.WebSocket
    global.EventSource global.Image global.navigator.sendBeacon global.Deno.connect global.Deno.listen global.Bun.serve global.Bun.connect`,
  ],
  [
    native,
    `global.process.dlopen global.process.binding global.process._linkedBinding ffi-napi.* ref-napi.* koffi.* bun:ffi.*
    global.Deno.dlopen global.WebAssembly.* bindings.* node-gyp-build.*`,
  ],
  [reads, 'global.process.env.* global.Deno.env.* global.Bun.env.*'],
  [escalates, 'global.process.setuid global.process.setgid global.process.seteuid global.process.initgroups'],
])

/** Functions of `fs` that change something, with the positions of the paths that they change. */
const changes: Readonly<Record<string, readonly number[]>> = {
  ...positions([0], 'writeFile appendFile createWriteStream unlink rm rmdir mkdir mkdtemp truncate chmod chown utimes'),
  ...positions([1], 'cp copyFile symlink link'),
  ...positions([0, 1], 'rename'),
}

function positions(where: readonly number[], names: string) {
  return Object.fromEntries(names.split(' ').map((name) => [name, where]))
}

const removers = new Set(['rm', 'rmdir', 'unlink'])

const runners = new Set([
  'global.eval',
  'global.Function',
  'vm.runInThisContext',
  'vm.runInNewContext',
  'vm.Script',
  'global.setTimeout',
  'global.setInterval',
])
const shell = /^(?:\/\S*\/)?(?:(?:ba|da|z|k)?sh|cmd(?:\.exe)?|powershell(?:\.exe)?)$/
const decoders =
  /^global\.(?:atob|unescape|decodeURIComponent|String\.fromChar(?:Code)?|String\.fromCodePoint|Buffer\.from)$|^(?:buffer\.Buffer\.from|zlib\.)/

const visited = new Set([
  'import_statement',
  'export_statement',
  'expression_statement',
  'call_expression',
  'new_expression',
  'member_expression',
  'subscript_expression',
  'identifier',
  'string',
  'template_string',
  'binary_expression',
])

const machineNames = 12

export function inspectJavascript(tree: SyntaxTree, budget: Budget): Observed {
  const observations = createObservations(tree)
  const values = javascriptValues(tree, budget)
  const mangled = new Set<string>()
  /** Where it starts a shell. */
  const shells: SyntaxNode[] = []
  walk(tree, visited, budget, (node) => {
    switch (node.type) {
      case 'expression_statement':
        // All that can be said can be said in these.
        if (/^[\s[\]()!+{};,]{40,}$/.test(node.text)) {
          observations.add(dynamic, node)
          observations.add(obfuscated, node)
        }
        return
      case 'import_statement':
      case 'export_statement':
        inspectModule(node.childForFieldName('source'), node, values, observations)
        return
      case 'call_expression':
      case 'new_expression':
        inspectCall(node, values, observations)
        if (startsShell(node, values)) shells.push(node)
        return
      case 'identifier':
        if (/^_0x[\da-f]{3,}$/i.test(node.text) && mangled.add(node.text).size === machineNames) {
          observations.add({ ...obfuscated, severity: 'risky', message: 'A machine made it unreadable.' }, node)
        }
        inspectName(node, values, observations)
        return
      case 'member_expression':
      case 'subscript_expression':
        inspectName(node, values, observations)
        return
      default:
        for (const content of textsOf(values.evaluate(node))) observations.addText(content, node)
    }
  })
  if (shells.length > 0 && observations.has(network) && tree.text.includes('.pipe(')) {
    for (const node of shells) observations.add(reverseShell, node)
  }
  return observations.all()
}

function inspectModule(
  specifier: SyntaxNode | null,
  node: SyntaxNode,
  values: JavascriptValues,
  observations: Observations,
): void {
  if (specifier === null) return
  for (const module of textsOf(values.evaluate(specifier))) {
    const sink = module.endsWith('.node') ? native : module.startsWith('data:') ? dynamic : findSink(moduleName(module))
    if (sink !== undefined) observations.add(sink, node)
  }
}

function inspectName(node: SyntaxNode, values: JavascriptValues, observations: Observations): void {
  if (node.childForFieldName('property')?.text === '_load') observations.add(dynamic, node)
  if (node.type === 'subscript_expression') {
    // `globalThis[name]`, with a name that the text does not tell.
    const object = node.childForFieldName('object')
    const index = node.childForFieldName('index')
    const isGlobal = object !== null && namesOf(values.evaluate(object)).includes('global')
    if (isGlobal && index !== null && textsOf(values.evaluate(index)).length === 0) observations.add(dynamic, node)
  }
  for (const name of namesOf(values.evaluate(node))) {
    const sink = findSink(name)
    if (sink === undefined) continue
    observations.add(sink, node)
    if (sink === spawns && hasAncestor(node, isEndless)) observations.add(bombs, node)
  }
}

function isEndless({ type, text }: SyntaxNode): boolean {
  return (
    (type === 'while_statement' && /^while\s*\(\s*(?:true|1|!0)\s*\)/.test(text.slice(0, 40))) ||
    (type === 'for_statement' && /^for\s*\(\s*;\s*;\s*\)/.test(text.slice(0, 40)))
  )
}

function inspectCall(node: SyntaxNode, values: JavascriptValues, observations: Observations): void {
  const callee = node.childForFieldName('function') ?? node.childForFieldName('constructor')
  if (callee === null) return
  const callArguments = partsOf(node.childForFieldName('arguments') ?? node)
  const texts = (argument: SyntaxNode | undefined) => (argument === undefined ? [] : textsOf(values.evaluate(argument)))

  for (const content of textsOf(values.evaluate(node))) observations.addText(content, node)
  if (!visited.has(callee.type) || callee.type === 'call_expression') inspectName(callee, values, observations)
  // `"".constructor.constructor("code")()` reaches Function without naming it.
  const property =
    callee.childForFieldName('property')?.text ?? texts(callee.childForFieldName('index') ?? undefined)[0]
  if (property === 'constructor' && callArguments.length > 0) observations.add(dynamic, node)
  if (property === 'createElement' && texts(callArguments[0]).includes('script')) observations.add(dynamic, node)

  for (const name of namesOf(values.evaluate(callee))) {
    if (loaders.has(name)) {
      inspectModule(callArguments[0] ?? null, node, values, observations)
      if (callArguments[0] !== undefined && texts(callArguments[0]).length === 0) observations.add(dynamic, node)
    }
    if (/^global\.set(?:Timeout|Interval|Immediate)$/.test(name) && texts(callArguments[0]).length > 0) {
      observations.add(dynamic, node)
    }
    if (runners.has(name)) {
      if (callArguments.some((part) => unpacks(part) || decodes(part, values))) observations.add(obfuscated, node)
      if (callArguments.some((part) => comesFromNetwork(part, values))) observations.add(downloads, node)
      for (const code of texts(callArguments.at(name === 'global.Function' ? -1 : 0))) {
        observations.addCode('javascript', code, node)
      }
    }
    if (/^(?:worker_threads|global)\.Worker$/.test(name) && runsText(callArguments)) observations.add(dynamic, node)
    if (name.startsWith('child_process.')) {
      const [program] = texts(callArguments[0])
      const list = callArguments[1]?.type === 'array' ? partsOf(callArguments[1]) : []
      if (program !== undefined && /\.exec(?:Sync)?$/.test(name)) observations.addCode('bash', program, node)
      else if (program !== undefined)
        observations.addCommand([program, ...list.map((part) => texts(part)[0] ?? '')], node)
    }
    for (const called of calledInTheEnd(name, callArguments, values)) {
      if (!called.name.startsWith('fs.')) continue
      const short = called.name.slice('fs.'.length).replace(/Sync$/, '')
      inspectFileCall(short, called.given.map(texts), node, observations)
    }
  }
}

interface Called {
  readonly name: string
  readonly given: readonly SyntaxNode[]
}

/** `f.call(self, …)`, `f.apply(self, […])` and `Reflect.apply(f, self, […])` are ways to call `f`. */
function calledInTheEnd(name: string, given: readonly SyntaxNode[], values: JavascriptValues): readonly Called[] {
  const items = (list: SyntaxNode | undefined) => (list?.type === 'array' ? partsOf(list) : [])
  if (name === 'global.Reflect.apply') {
    const [target, , list] = given
    const names = target === undefined ? [] : namesOf(values.evaluate(target))
    return names.map((called) => ({ name: called, given: items(list) }))
  }
  if (name.endsWith('.call')) return [{ name: name.slice(0, -'.call'.length), given: given.slice(1) }]
  if (name.endsWith('.apply')) return [{ name: name.slice(0, -'.apply'.length), given: items(given[1]) }]
  return [{ name, given }]
}

function startsShell(node: SyntaxNode, values: JavascriptValues): boolean {
  const callee = node.childForFieldName('function')
  const [first] = partsOf(node.childForFieldName('arguments') ?? node)
  if (callee === null || first === undefined) return false
  return (
    namesOf(values.evaluate(callee)).some((name) => name.startsWith('child_process.')) &&
    textsOf(values.evaluate(first)).some((program) => shell.test(program))
  )
}

/** `eval(function (p, a, c, k) { … }(…))`: what runs is computed on the spot. */
function unpacks(node: SyntaxNode): boolean {
  const callee = node.type === 'call_expression' ? node.childForFieldName('function') : null
  const inner = callee?.type === 'parenthesized_expression' ? partsOf(callee)[0] : callee
  return inner?.type === 'function_expression' || inner?.type === 'arrow_function'
}

/** A worker whose code is a text and no file. */
function runsText(callArguments: readonly SyntaxNode[]): boolean {
  const [first, options] = callArguments
  return (
    /\beval\s*:\s*true\b/.test(options?.text ?? '') || /\bBlob\b|createObjectURL|^["'`]data:/.test(first?.text ?? '')
  )
}

function inspectFileCall(
  name: string,
  callArguments: readonly (readonly string[])[],
  node: SyntaxNode,
  observations: Observations,
): void {
  const flags = callArguments[1] ?? []
  const opens = name === 'open' && flags.some((flag) => /[wa+]/.test(flag))
  const written = opens ? [0] : (changes[name] ?? [])
  for (const path of written.flatMap((position) => callArguments[position] ?? [])) {
    if (removers.has(name) && isVital(path)) observations.add(destroys, node)
    else if (leavesWorkingDirectory(path)) observations.add(writesOutside, node)
  }
}

/** `eval(await (await fetch(…)).text())`: what runs is what somebody else sends. */
function comesFromNetwork(node: SyntaxNode, values: JavascriptValues): boolean {
  return comesFrom(node, values, (part) => calledNames(part, values).some((name) => findSink(name) === network))
}

function decodes(node: SyntaxNode, values: JavascriptValues): boolean {
  return comesFrom(node, values, (part) => calledNames(part, values).some((name) => decoders.test(name)))
}
