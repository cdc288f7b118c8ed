import { createLocalAdapter } from '@caisson/adapter-local'
import { decodeText, isSandboxError, mib, runShell } from '@caisson/core'

/** What an ordinary user gets, as one line of JSON. */
const [stateDirectory] = process.argv.slice(2)
await using adapter = createLocalAdapter({ stateDirectory, preparedSandboxes: 1 })
const health = await adapter.probe()
const refused = await adapter.create({ resources: { memoryBytes: 256 * mib } }).catch((error: unknown) => error)
const answers: Record<string, string> = {}
const sandbox = await adapter.create({ resources: { diskBytes: 32 * mib, pids: 48 } })
for (const [name, command] of Object.entries({
  identity: 'id -u; grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status | tr "\\n" " "',
  network: 'tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "',
  host: 'cat /etc/shadow 2>&1; ls /home',
  disk: 'dd if=/dev/zero of=$HOME/big bs=1M count=64 2>&1 | tail -1; rm $HOME/big; dd if=/dev/zero of=$HOME/big bs=1M count=64 2>&1 | grep -c "No space"; rm $HOME/big',
  pids: 'for i in $(seq 100); do sleep 2 & done 2>/dev/null; ls -d /proc/[0-9]* | wc -l',
})) {
  answers[name] = decodeText((await runShell(sandbox, command, { timeoutMs: 20_000 })).stdout).trim()
}
const other = await createLocalAdapter({ stateDirectory }).connect(sandbox.id)
const connected = decodeText((await runShell(other, 'echo hello')).stdout).trim()
await other.detach()
process.stdout.write(
  `${JSON.stringify({
    capabilities: adapter.capabilities,
    health: health.status,
    refused: isSandboxError(refused)
      ? { code: refused.code, field: refused.field, remedy: refused.remedy }
      : 'accepted',
    answers,
    connected,
    destroyed: await sandbox.destroy(),
    again: await adapter.destroy(sandbox.id),
  })}\n`,
)
