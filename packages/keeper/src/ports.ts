import { type Ports, SandboxError } from '@caisson/core'
import { createInput, mostUntaken } from './input.ts'
import type { KeeperProcesses } from './processes.ts'

/** Runs in the sandbox: one connection to its loopback, bytes in and out. Says `+` once it stands. */
const dialProgram = String.raw`
use strict; use Socket;
socket my $s, AF_INET, SOCK_STREAM, 0 or exit 1;
connect $s, pack_sockaddr_in($ARGV[0], INADDR_LOOPBACK) or exit 1;
my $all = sub { my ($h, $b) = @_; while (length $b) { my $n = syswrite $h, $b; exit 2 unless defined $n; substr($b, 0, $n) = '' } };
$all->(\*STDOUT, '+');
my $open = 1;
for (;;) {
  my $r = ''; vec($r, fileno $s, 1) = 1; vec($r, 0, 1) = 1 if $open;
  next if select($r, undef, undef, undef) <= 0;
  if (vec($r, fileno $s, 1)) { my $n = sysread $s, my $b, 65536; exit 0 unless $n; $all->(\*STDOUT, $b) }
  if ($open && vec($r, 0, 1)) { my $n = sysread STDIN, my $b, 65536; if ($n) { $all->($s, $b) } else { $open = 0; shutdown $s, 1 } }
}
`

/** Connections through a program in the sandbox, where a provider's own addresses are for HTTP alone. */
export function createKeeperPorts(adapter: string, processes: KeeperProcesses): Pick<Ports, 'connect'> {
  return {
    connect: async (port, options) => {
      checkPort(adapter, port)
      const follower = await processes.spawnHidden(['perl', '-e', dialProgram, String(port)], options)
      const first = await follower.next()
      const nobody = new SandboxError('unavailable', adapter, `nobody listens on port ${port}`)
      if (first === undefined) throw nobody
      const early = first.bytes.subarray(1)
      return {
        readable: new ReadableStream<Uint8Array>(
          {
            start: (controller) => {
              if (early.byteLength > 0) controller.enqueue(early)
            },
            pull: async (controller) => {
              const chunk = await follower.next()
              if (chunk === undefined) controller.close()
              else controller.enqueue(chunk.bytes)
            },
            cancel: async () => {
              follower.stop()
              await follower.tell('c').catch(() => undefined)
            },
          },
          { highWaterMark: 0 },
        ),
        writable: createInput(follower, mostUntaken),
      }
    },
  }
}

export function checkPort(adapter: string, port: number): void {
  if (Number.isInteger(port) && port > 0 && port < 65_536) return
  throw new SandboxError('invalid-argument', adapter, `${port} is no port`, { field: 'port' })
}
