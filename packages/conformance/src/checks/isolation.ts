import { access } from 'node:fs/promises'
import { encodeText, isSandboxError } from '@caisson/core'
import { ensure, NotApplicable, pause, same } from '../kit/assert.ts'
import type { Checks, Kit } from '../kit/kit.ts'
import { directory, nonce, output, readAll, run, sh, start } from '../kit/programs.ts'

function ensureHidden(kit: Kit, seen: string, where: string): void {
  ensure(!seen.includes(kit.host.secret), `the secret of the host was seen in ${where}`)
}

/** What the file calls give for a path: its content, or the code of the refusal. */
async function readOrCode(kit: Kit, path: string): Promise<string> {
  try {
    return new TextDecoder().decode(await readAll(await (await kit.shared()).files.read(path)))
  } catch (error) {
    ensure(isSandboxError(error), `reading ${path} failed with ${String(error)}`)
    return error.code
  }
}

export const isolationChecks: Checks = {
  'isolation.host-files': async (kit) => {
    const { file } = kit.host
    const script = `cat "$1" "/proc/1/root$1" "../../../../../..$1" 2>&1; ls -a "$2" 2>&1; echo end`
    const ran = await run(await kit.shared(), ['/bin/sh', '-c', script, 'sh', file, kit.host.directory])
    ensure(ran.stdout.endsWith('end\n'), 'the attempt did not run')
    ensureHidden(kit, ran.stdout, 'a process')
    ensure(!/^canary$/m.test(ran.stdout), "the host's directory can be listed")
  },

  'isolation.host-files-api': async (kit) => {
    const { file } = kit.host
    for (const path of [file, `/../../../..${file}`, `${'../'.repeat(12)}${file.slice(1)}`]) {
      same(await readOrCode(kit, path), 'path-not-found', `what reading ${path} gives`)
    }
  },

  'isolation.host-symlink': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await output(sandbox, `ln -s ${kit.host.file} ${path}/link && ln -s ${kit.host.directory} ${path}/up`)
    for (const attempt of [`${path}/link`, `${path}/up/canary`]) {
      same(await readOrCode(kit, attempt), 'path-not-found', `what reading ${attempt} gives`)
    }
  },

  'isolation.host-write': async (kit) => {
    const sandbox = await kit.fresh()
    const path = `${kit.host.directory}/${nonce()}`
    await sandbox.files.write(path, encodeText('from inside')).catch(() => undefined)
    await sh(sandbox, `mkdir -p "${kit.host.directory}"; echo inside > "${path}-2"`)
    for (const name of [path, `${path}-2`]) {
      const there = await access(name).then(
        () => true,
        () => false,
      )
      ensure(!there, `a file written in the sandbox appeared on the host: ${name}`)
    }
  },

  'isolation.host-processes': async (kit) => {
    await kit.host.process()
    const own = nonce()
    const script = `: ${own}; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\000' ' '`
    const seen = await output(await kit.shared(), script)
    ensure(seen.includes(own), 'the sandbox does not even see its own processes')
    ensureHidden(kit, seen, 'the list of processes')
  },

  'isolation.host-kill': async (kit) => {
    const child = await kit.host.process()
    await sh(await kit.fresh(), `kill -KILL ${child.pid} 2>/dev/null; true`)
    await pause(100)
    same([child.exitCode, child.signalCode], [null, null], 'exit code and signal of the process on the host')
  },

  'isolation.host-environment': async (kit) => {
    const own = nonce()
    const script = "env; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\000' '\\n'"
    const seen = await output(await kit.fresh(), script, { env: { OWN: own } })
    ensure(seen.includes(own), 'the sandbox does not even see its own environment')
    ensureHidden(kit, seen, 'the environment')
  },

  'isolation.host-network': async (kit) => {
    const { connect } = kit.target.programs ?? {}
    if (connect === undefined) throw new NotApplicable('the target names no program that connects')
    const { port, addresses } = await kit.host.server()
    const sandbox = await kit.fresh()
    for (const address of new Set(['127.0.0.1', ...addresses])) {
      const ran = await run(sandbox, connect(address, port), { timeoutMs: 3000 })
      ensureHidden(kit, ran.stdout, `an answer of ${address}`)
      ensure(ran.outcome.kind !== 'exited' || ran.outcome.code !== 0, `connected to ${address}:${port} of the host`)
    }
  },

  'isolation.siblings-files': async (kit) => {
    const [one, two] = [await kit.shared(), await kit.fresh()]
    const text = nonce()
    for (const path of [`/tmp/${text}`, `~/${text}`, `/var/tmp/${text}`, `/dev/shm/${text}`]) {
      await sh(one, `echo ${text} > ${path}`)
    }
    const script = `ls -a ~ /tmp /var/tmp /dev/shm 2>/dev/null; echo end`
    const seen = (await sh(two, script)).stdout
    ensure(seen.endsWith('end\n'), 'the attempt did not run')
    ensure(!seen.includes(text), 'a file of one sandbox was seen in another')
  },

  'isolation.siblings-processes': async (kit) => {
    const [one, two] = [await kit.shared(), await kit.fresh()]
    const text = nonce()
    const process = await start(one, `: ${text}; sleep 30`)
    const own = nonce()
    const seen = await output(two, `: ${own}; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\000' ' '`)
    ensure(seen.includes(own), 'the sandbox does not even see its own processes')
    ensure(!seen.includes(text), 'a process of one sandbox was seen in another')
    await process.cancel()
  },
}
