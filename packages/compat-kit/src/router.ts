/** Method and path to handler, `:` for any one part of the path: `GET /sandboxes/:`. */
export type Routes<Handle> = Readonly<Record<string, Handle>>

export interface Match<Handle> {
  readonly handle: Handle
  /** Parts of the path that stand for a `:`, decoded, in their order. */
  readonly parts: readonly string[]
}

/** Finds the handler of a request. `undefined`: there is none, or a part is not decodable. */
export function createRouter<Handle>(
  routes: Routes<Handle>,
): (method: string, path: string) => Match<Handle> | undefined {
  const table = Object.entries(routes).map(([key, handle]) => {
    const [method = '', pattern = ''] = key.split(' ')
    return { method, pattern: pattern.split('/').slice(1), handle }
  })
  return (method, path) => {
    const given = path
      .replace(/(?<=.)\/$/, '')
      .split('/')
      .slice(1)
    for (const route of table) {
      if (route.method !== method || route.pattern.length !== given.length) continue
      if (!route.pattern.every((part, index) => part === ':' || part === given[index])) continue
      const parts = route.pattern.flatMap((part, index) => (part === ':' ? [decode(given[index] ?? '')] : []))
      if (parts.every((part) => part !== undefined)) return { handle: route.handle, parts }
    }
    return undefined
  }
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
