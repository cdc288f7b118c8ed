import { type Decision, type Ports, type Sandbox, SandboxError } from '@caisson/core'

/** A label of sandboxes that says which of their ports may be served: `any`, or numbers with commas between them. */
export const portsLabel = 'ports'

/** What the label says for such a decision. */
export function portsOf({ placement }: Decision): string {
  const ports = placement.kind === 'sandbox' ? placement.permissions?.ports : undefined
  return ports === 'any' ? ports : (ports ?? []).join(',')
}

/** The sandbox with no more of its ports than `allowed`, as `portsOf` puts it. Another one is `permission-denied`. */
export function limitPorts(sandbox: Sandbox, allowed: string): Sandbox {
  const { ports } = sandbox
  if (ports === undefined || allowed === 'any') return sandbox
  const numbers = new Set(allowed.split(','))
  const assertAllowed = (port: number) => {
    if (numbers.has(String(port))) return
    throw new SandboxError('permission-denied', sandbox.adapter, `the policy does not let port ${port} be served`, {
      remedy: 'have the policy permit it: permissions.ports of the class',
    })
  }
  const { url } = ports
  const limited: Ports = {
    connect: async (port, options) => {
      assertAllowed(port)
      return await ports.connect(port, options)
    },
    ...(url === undefined
      ? {}
      : {
          url: async (port, options) => {
            assertAllowed(port)
            return await url(port, options)
          },
        }),
  }
  return { ...sandbox, ports: limited }
}
