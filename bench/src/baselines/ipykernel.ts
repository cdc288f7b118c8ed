import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A kernel as Jupyter runs it, by its own client library and without any isolation. Times are taken by the client, in milliseconds. */
export interface Ipykernel extends AsyncDisposable {
  /** One cell in a kernel that runs: `x = 1`, from the request until the kernel is idle again. */
  readonly cell: () => Promise<number>
  /** A kernel that is not there yet, until the result of `1 + 1`. */
  readonly firstResult: () => Promise<number>
}

const driver = `
import sys, time
from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel()

def run(client, code):
    message = client.execute(code)
    while True:
        answer = client.get_iopub_msg(timeout=60)
        content = answer["content"]
        if answer["parent_header"].get("msg_id") == message and content.get("execution_state") == "idle":
            return

print("ready", flush=True)
for line in sys.stdin:
    began = time.perf_counter()
    if line == "cell\\n":
        run(client, "x = 1")
        print((time.perf_counter() - began) * 1000, flush=True)
    else:
        fresh, talk = start_new_kernel()
        run(talk, "1 + 1")
        print((time.perf_counter() - began) * 1000, flush=True)
        talk.stop_channels()
        fresh.shutdown_kernel(now=True)
client.stop_channels()
manager.shutdown_kernel(now=True)
`

export async function ipykernel(): Promise<Ipykernel> {
  const root =
    process.env['CAISSON_PROVISION_DIR'] ?? fileURLToPath(new URL('../../../.caisson/provision', import.meta.url))
  const python = join(root, 'jupyter/venv/bin/python')
  if (!existsSync(python)) throw new Error('there is no ipykernel: sh infra/provision/jupyter.sh install')
  const child: ChildProcess = spawn(python, ['-c', driver], { stdio: ['pipe', 'pipe', 'ignore'] })
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('ipykernel has no pipes')
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const ask = async (what: string): Promise<number> => {
    stdin.write(`${what}\n`)
    const { value } = await lines.next()
    const tookMs = Number(value)
    if (!Number.isFinite(tookMs)) throw new Error('ipykernel ended')
    return tookMs
  }
  if ((await lines.next()).value !== 'ready') throw new Error('ipykernel does not start')
  return {
    cell: async () => await ask('cell'),
    firstResult: async () => await ask('context'),
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit')
      stdin.end()
      await ended
    },
  }
}
