import type { Observations } from './observations.ts'
import { isVital, leavesWorkingDirectory } from './paths.ts'
import type { PythonValues } from './python-values.ts'
import { destroys, writesOutside } from './sinks.ts'
import type { SyntaxNode } from './syntax-node.ts'
import { textsOf } from './values.ts'
import { hasAncestor, partsOf } from './walk.ts'

/** Functions that change the file system, with the positions of the paths that they change. */
const changes: Readonly<Record<string, readonly number[]>> = {
  ...positions([0], 'os.remove os.unlink os.rmdir os.removedirs os.mkdir os.makedirs os.mknod os.chmod os.chown'),
  ...positions([0], 'os.truncate shutil.rmtree'),
  ...positions([0, 1], 'os.rename os.replace os.renames shutil.move'),
  ...positions([1], 'os.symlink os.link shutil.copy shutil.copy2 shutil.copyfile shutil.copytree'),
}

function positions(where: readonly number[], names: string) {
  return Object.fromEntries(names.split(' ').map((name) => [name, where]))
}

const pathWriters = new Set(['write_text', 'write_bytes', 'unlink', 'rmdir', 'mkdir', 'touch', 'rename', 'chmod'])
const removers = new Set(['shutil.rmtree', 'os.removedirs', 'os.remove', 'os.unlink', 'os.rmdir'])

/** What a call of a function of this name does to files. */
export function inspectFileCall(
  name: string,
  node: SyntaxNode,
  values: PythonValues,
  observations: Observations,
): void {
  const all = partsOf(node.childForFieldName('arguments') ?? node)
  const positional = all.filter(({ type }) => type !== 'keyword_argument')
  const texts = (argument: SyntaxNode | null | undefined) => (argument ? textsOf(values.evaluate(argument)) : [])
  const mode =
    positional[1] ?? all.find((part) => part.childForFieldName('name')?.text === 'mode')?.childForFieldName('value')
  const writes =
    name === 'builtins.open' || name === 'io.open' ? texts(mode).some((flags) => /[wax+]/.test(flags)) : false
  const creates = name === 'os.open' && /\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)\b/.test(positional[1]?.text ?? '')
  const written = writes || creates ? [0] : (changes[name] ?? [])
  for (const path of written.flatMap((position) => texts(positional[position]))) {
    if (removers.has(name) && isVital(path)) observations.add(destroys, node)
    else if (leavesWorkingDirectory(path)) observations.add(writesOutside, node)
  }
  if (removers.has(name) && hasAncestor(node, (loop) => goesThroughVital(loop, values)))
    observations.add(destroys, node)
}

/** `for … in os.walk("/")` */
function goesThroughVital(loop: SyntaxNode, values: PythonValues): boolean {
  const source = loop.type === 'for_statement' ? loop.childForFieldName('right') : null
  const [place] = source?.type === 'call' ? partsOf(source.childForFieldName('arguments') ?? source) : []
  return place !== undefined && textsOf(values.evaluate(place)).some(isVital)
}

/** `Path("/etc/motd").write_text(…)` */
export function inspectPathMethod(callee: SyntaxNode, values: PythonValues, observations: Observations): void {
  if (callee.type !== 'attribute' || !pathWriters.has(callee.childForFieldName('attribute')?.text ?? '')) return
  const object = callee.childForFieldName('object')
  if (object === null || object.type === 'string') return
  if (textsOf(values.evaluate(object)).some(leavesWorkingDirectory)) observations.add(writesOutside, callee)
}
