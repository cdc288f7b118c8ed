import type { Operation } from '@caisson/core'

/** Shorter values are too common to be looked for. */
const minLength = 8

/** Values that an operation brings along for its sandbox and nobody else: they are not to appear in traces, wherever they turn up. */
export function secretsOf(operation: Operation): readonly string[] {
  return valuesOf(operation).filter((value) => value.length >= minLength)
}

function valuesOf(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'code.execute':
    case 'command.run':
      return Object.values(operation.input.env)
    case 'http.request':
      return Object.values(operation.input.headers)
    case 'agents.parallel':
      return operation.input.agents.flatMap(({ task }) => Object.values(task.input.env))
    case 'batch.run':
      return Object.values(operation.input.task.env)
    case 'tool.call':
      return Object.values(operation.input.task?.input.env ?? {})
    case 'document.parse':
    case 'database.read':
    case 'entity.write':
      return []
  }
}
