import { inspect } from 'node:util'

/** As notebooks for JavaScript agreed on: a method that gives formats. */
const jupyterDisplay = Symbol.for('Jupyter.display')
const methods = {
  _toHtml: 'text/html',
  _toMarkdown: 'text/markdown',
  _toSvg: 'image/svg+xml',
  _toPng: 'image/png',
  _toJpeg: 'image/jpeg',
} as const

/** The formats in which a value can show itself: MIME type to content. */
export async function formatsOf(value: unknown): Promise<Readonly<Record<string, unknown>>> {
  const bundle = (await call(value, jupyterDisplay)) ?? (await call(value, '_toMime'))
  if (isRecord(bundle)) return bundle
  const formats: Record<string, unknown> = { 'text/plain': inspect(value) }
  for (const [method, mime] of Object.entries(methods)) {
    const content = await call(value, method)
    if (content instanceof Uint8Array) formats[mime] = content.toBase64()
    else if (typeof content === 'string') formats[mime] = content
  }
  if (isPlain(value)) Object.assign(formats, jsonOf(value))
  return formats
}

async function call(value: unknown, name: string | symbol): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return undefined
  const method: unknown = Reflect.get(value, name)
  return typeof method === 'function' ? await method.call(value) : undefined
}

function jsonOf(value: unknown): object {
  try {
    const json: unknown = JSON.parse(JSON.stringify(value))
    return { 'application/json': json }
  } catch {
    // It refers to itself, or holds what JSON cannot.
    return {}
  }
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
