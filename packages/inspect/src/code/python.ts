import type { Budget } from '../budget.ts'
import { calledNames, comesFrom } from './comes-from.ts'
import { createObservations, type Observations, type Observed } from './observations.ts'
import { inspectFileCall, inspectPathMethod } from './python-file-changes.ts'
import { type PythonValues, pythonValues } from './python-values.ts'
import {
  bombs,
  deserializes,
  downloads,
  dynamic,
  escalates,
  native,
  network,
  obfuscated,
  reads,
  reverseShell,
  type Sink,
  sinkFinder,
  spawns,
} from './sinks.ts'
import { namesOf, textsOf } from './values.ts'
import { hasAncestor, partsOf, walk } from './walk.ts'
import type { SyntaxNode, SyntaxTree } from './syntax-node.ts'

const findSink = sinkFinder([
  [
    spawns,
    `os.system os.popen os.fork os.forkpty os.posix_spawn os.posix_spawnp os.startfile posix.system
    os.execl os.execle os.execlp os.execlpe os.execv os.execve os.execvp os.execvpe
    os.spawnl os.spawnle os.spawnlp os.spawnlpe os.spawnv os.spawnve os.spawnvp os.spawnvpe
    subprocess.* pty.* commands.* pexpect.* sh.* plumbum.* webbrowser.*
    builtins.get_ipython().system builtins.get_ipython().getoutput builtins.get_ipython().run_cell
    asyncio.create_subprocess_exec asyncio.create_subprocess_shell`,
  ],
  [
    dynamic,
    `builtins.eval builtins.exec builtins.compile builtins.__import__ runpy.* codeop.* code.interact
    code.InteractiveInterpreter types.CodeType importlib.util.* importlib.machinery.* zipimport.*
    sys.settrace sys.meta_path sys.modules.items sys.modules.values gc.get_objects gc.get_referrers gc.get_referents
    builtins.__loader__.* builtins.__spec__.loader.*`,
  ],
  [
    deserializes,
    `pickle.load pickle.loads pickle.Unpickler _pickle.loads cPickle.loads dill.load dill.loads cloudpickle.load
    cloudpickle.loads marshal.load marshal.loads shelve.open yaml.load yaml.unsafe_load yaml.full_load joblib.load
    torch.load pandas.read_pickle`,
  ],
  [
    network,
    `socket.* _socket.* socketserver.* requests.* urllib.request.* urllib3.* http.client.* http.server.* httpx.*
    aiohttp.* ftplib.* smtplib.* imaplib.* poplib.* telnetlib.* paramiko.* websocket.* websockets.* xmlrpc.client.*
    asyncio.open_connection asyncio.start_server scapy.* boto3.* dns.resolver.* pycurl.*`,
  ],
  [
    native,
    'ctypes.* _ctypes.* cffi.* numpy.ctypeslib.* llvmlite.* sys.setdlopenflags importlib.machinery.ExtensionFileLoader',
  ],
  [reads, 'os.environ.* os.environb.* os.getenv os.getenvb posix.environ'],
  [escalates, 'os.setuid os.setgid os.seteuid os.setresuid os.chroot os.unshare os.setns'],
])

/** Attributes through which Python can be climbed from any object to everything. */
const ladders = new Set([
  '__subclasses__',
  '__globals__',
  '__code__',
  '__closure__',
  '__getattribute__',
  '__loader__',
  'f_globals',
  'f_builtins',
  'gi_frame',
  'cr_frame',
])

const runners = new Set(['builtins.eval', 'builtins.exec', 'builtins.compile', 'marshal.loads', 'pickle.loads'])
const python2: Sink = {
  code: 'code.unparsable',
  severity: 'risky',
  message: 'It is Python 2, which nothing here reads.',
}
const decoders =
  /^builtins\.chr$|^(?:base64|binascii|zlib|bz2|lzma|codecs|marshal)\.|^builtins\.(?:bytes|bytearray)\.fromhex$|\.b64decode$/

const visited = new Set([
  'import_statement',
  'import_from_statement',
  'call',
  'attribute',
  'identifier',
  'string',
  'concatenated_string',
  'binary_operator',
  'print_statement',
  'exec_statement',
])

export function inspectPython(tree: SyntaxTree, budget: Budget): Observed {
  const observations = createObservations(tree)
  const values = pythonValues(tree, budget)
  /** Where it puts something else in the place of its input and output. */
  let redirected: SyntaxNode | undefined
  walk(tree, visited, budget, (node) => {
    switch (node.type) {
      case 'import_statement':
      case 'import_from_statement':
        inspectImport(node, observations)
        return
      case 'call':
        inspectCall(node, values, observations)
        if (namesOf(values.evaluate(node.childForFieldName('function') ?? node)).includes('os.dup2'))
          redirected ??= node
        return
      case 'attribute':
      case 'identifier':
        inspectName(node, values, observations)
        return
      case 'exec_statement':
        observations.add(dynamic, node)
        observations.add(python2, node)
        return
      case 'print_statement':
        observations.add(python2, node)
        return
      default:
        for (const content of textsOf(values.evaluate(node))) observations.addText(content, node)
    }
  })
  if (redirected !== undefined && observations.has(network) && observations.has(spawns)) {
    observations.add(reverseShell, redirected)
  }
  return observations.all()
}

function inspectImport(node: SyntaxNode, observations: Observations): void {
  const module = node.childForFieldName('module_name')?.text
  const names = node.childrenForFieldName('name').map((part) => (part.childForFieldName('name') ?? part).text)
  const imported = module === undefined ? names : [module, ...names.map((name) => `${module}.${name}`)]
  for (const name of imported) {
    const sink = findSink(name)
    if (sink !== undefined) observations.add(sink, node)
  }
}

/** A name counts wherever it stands: passing `os.system` on is as good as calling it. */
function inspectName(node: SyntaxNode, values: PythonValues, observations: Observations): void {
  if (node.type === 'attribute' && ladders.has(node.childForFieldName('attribute')?.text ?? '')) {
    observations.add(dynamic, node)
  }
  if (node.type === 'identifier' && isMereLabel(node)) return
  for (const name of namesOf(values.evaluate(node))) {
    const sink = findSink(name)
    if (sink !== undefined) observations.add(sink, node)
    const multiplies = sink === spawns || name === 'multiprocessing.Process' || name === 'threading.Thread'
    if (
      multiplies &&
      hasAncestor(node, (outer) => isEndless(outer, name) || (name === 'os.fork' && callsItself(outer)))
    )
      observations.add(bombs, node)
  }
}

function isMereLabel(node: SyntaxNode): boolean {
  const parent = node.parent
  if (parent === null) return true
  if (
    [
      'dotted_name',
      'keyword_argument',
      'aliased_import',
      'function_definition',
      'class_definition',
      'parameters',
    ].includes(parent.type)
  ) {
    return parent.type !== 'keyword_argument' || parent.childForFieldName('name')?.id === node.id
  }
  return parent.type === 'attribute' && parent.childForFieldName('attribute')?.id === node.id
}

function callsItself(outer: SyntaxNode): boolean {
  const name = outer.type === 'function_definition' ? outer.childForFieldName('name')?.text : undefined
  return (
    name !== undefined &&
    outer.descendantsOfType('call').some((call) => call.childForFieldName('function')?.text === name)
  )
}

function isEndless(loop: SyntaxNode, name: string): boolean {
  if (name === 'os.fork') return loop.type === 'while_statement' || loop.type === 'for_statement'
  return loop.type === 'while_statement' && /^(?:True|1)$/.test(loop.childForFieldName('condition')?.text ?? '')
}

function inspectCall(node: SyntaxNode, values: PythonValues, observations: Observations): void {
  const callee = node.childForFieldName('function')
  const list = node.childForFieldName('arguments')
  if (callee === null || list === null) return
  const all = partsOf(list)
  const positional = all.filter(({ type }) => type !== 'keyword_argument')
  const texts = (argument: SyntaxNode | undefined) => (argument === undefined ? [] : textsOf(values.evaluate(argument)))

  for (const content of textsOf(values.evaluate(node))) observations.addText(content, node)
  // What comes out of reflection has no name of its own in the text.
  if (callee.type !== 'attribute' && callee.type !== 'identifier') inspectName(callee, values, observations)

  for (const name of namesOf(values.evaluate(callee))) {
    if (name === 'builtins.getattr' && positional[1] !== undefined && texts(positional[1]).length === 0) {
      const objects = namesOf(values.evaluate(positional[0] ?? callee))
      if (objects.some((object) => /^(?:os|sys|builtins|subprocess|importlib)$/.test(object)))
        observations.add(dynamic, node)
    }
    if (name === 'numpy.load' && all.some((part) => /^allow_pickle\s*=\s*True$/.test(part.text))) {
      observations.add(deserializes, node)
    }
    inspectInterpreted(name, positional, values, observations)
    if (name === 'importlib.import_module' && texts(positional[0]).length === 0) observations.add(dynamic, node)
    if (runners.has(name) && positional.some((part) => decodes(part, values))) observations.add(obfuscated, node)
    if (runners.has(name) && positional.some((part) => comesFromNetwork(part, values)))
      observations.add(downloads, node)
    if ((name.startsWith('pandas.read_') || name.startsWith('polars.read_')) && texts(positional[0]).some(isAddress))
      observations.add(network, node)
    inspectFileCall(name, node, values, observations)
  }
  inspectPathMethod(callee, values, observations)
}

/** What an interpreter is given is code too. */
function inspectInterpreted(
  name: string,
  [first, ...rest]: readonly SyntaxNode[],
  values: PythonValues,
  observations: Observations,
): void {
  if (first === undefined) return
  if (runners.has(name)) {
    for (const code of textsOf(values.evaluate(first))) observations.addCode('python', code, first)
  } else if (
    /^(?:os|posix)\.(?:system|popen)$|^(?:subprocess|commands|pexpect|asyncio\.create_subprocess_shell)\b/.test(name)
  ) {
    for (const code of textsOf(values.evaluate(first))) observations.addCode('bash', code, first)
    if (first.type === 'list' || first.type === 'tuple') observations.addCommand(wordsOf(partsOf(first), values), first)
  } else if (/^os\.(?:exec|spawn|posix_spawn)|^asyncio\.create_subprocess_exec$/.test(name)) {
    observations.addCommand(wordsOf([first, ...rest], values), first)
  }
}

function wordsOf(parts: readonly SyntaxNode[], values: PythonValues): readonly string[] {
  return parts.map((part) => textsOf(values.evaluate(part))[0] ?? '')
}

/** `exec(urlopen(…).read())`: what runs is what somebody else sends. */
function comesFromNetwork(node: SyntaxNode, values: PythonValues): boolean {
  return comesFrom(node, values, (part) => calledNames(part, values).some((name) => findSink(name) === network))
}

function decodes(node: SyntaxNode, values: PythonValues): boolean {
  return comesFrom(
    node,
    values,
    (part) =>
      calledNames(part, values).some((name) => decoders.test(name)) ||
      (part.type === 'identifier' && namesOf(values.evaluate(part)).includes('builtins.chr')),
  )
}

function isAddress(content: string): boolean {
  return /^(?:https?|ftp|s3|gs):\/\//i.test(content)
}
