import { encodeText, type ProcessSpec } from '@caisson/core'
import { rejects, same, within } from '../kit/assert.ts'
import type { Checks } from '../kit/kit.ts'
import { exited, follow, nonce, start, write } from '../kit/programs.ts'

const terminal: NonNullable<ProcessSpec['terminal']> = { columns: 91, rows: 33 }

export const terminalChecks: Checks = {
  'terminal.is-terminal': async (kit) => {
    const script = 'test -t 0 && test -t 1 && test -t 2 && echo all || echo not'
    const followed = follow(await start(await kit.shared(), script, { terminal }))
    await followed.end
    same(followed.text(), 'all\r\n', 'output')
  },

  'terminal.stream': async (kit) => {
    const followed = follow(await start(await kit.shared(), 'echo out; echo err >&2', { terminal }))
    await followed.end
    same([...new Set(followed.chunks.map((chunk) => chunk.stream))], ['terminal'], 'streams')
    same(followed.text(), 'out\r\nerr\r\n', 'output')
  },

  'terminal.size': async (kit) => {
    const followed = follow(await start(await kit.shared(), 'stty size', { terminal }))
    await followed.end
    same(followed.text(), '33 91\r\n', 'rows and columns')
  },

  'terminal.resize': async (kit) => {
    const script = 'trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 0.05; done'
    const process = await start(await kit.shared(), script, { terminal })
    const followed = follow(process)
    await followed.until('ready')
    await process.resize({ columns: 120, rows: 40 })
    await within(5000, followed.until('40 120'), 'the new size')
    await process.cancel()
  },

  'terminal.typing': async (kit) => {
    const text = nonce()
    const process = await start(await kit.shared(), 'echo ready; read line; echo "got $line"', { terminal })
    const followed = follow(process)
    await followed.until('ready')
    await write(process.stdin).write(encodeText(`${text}\r`))
    await within(5000, followed.end, 'the end of the process')
    same(followed.text(), `ready\r\n${text}\r\ngot ${text}\r\n`, 'output with echo')
  },

  'terminal.interrupt': async (kit) => {
    const process = await start(
      await kit.shared(),
      'trap "echo interrupted; exit 3" INT; echo ready; while :; do sleep 0.05; done',
      {
        terminal,
      },
    )
    const followed = follow(process)
    await followed.until('ready')
    await write(process.stdin).write(Uint8Array.of(3))
    await within(5000, followed.until('interrupted'), 'the interrupt')
    same((await process.wait()).outcome, exited(3), 'outcome')
  },

  'terminal.end-of-file': async (kit) => {
    const process = await start(await kit.shared(), 'echo ready; cat; echo over', { terminal })
    const followed = follow(process)
    await followed.until('ready')
    await write(process.stdin).write(Uint8Array.of(4))
    await within(5000, followed.until('over'), 'the end of input')
    same((await process.wait()).outcome, exited(0), 'outcome')
  },

  'terminal.exit-code': async (kit) => {
    const process = await start(await kit.shared(), 'exit 5', { terminal })
    same((await process.wait()).outcome, exited(5), 'outcome')
  },

  'terminal.resize-without': async (kit) => {
    const process = await start(await kit.shared(), 'sleep 30')
    await rejects(async () => await process.resize({ columns: 80, rows: 24 }), 'unsupported', 'resize')
    await process.cancel()
  },
}
