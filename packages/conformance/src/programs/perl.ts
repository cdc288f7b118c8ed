import type { TargetPrograms } from '../target.ts'

const listen = `
use strict; use Socket; $| = 1; $SIG{CHLD} = 'IGNORE';
socket my $server, AF_INET, SOCK_STREAM, 0; setsockopt $server, SOL_SOCKET, SO_REUSEADDR, 1;
bind $server, pack_sockaddr_in($ARGV[0], INADDR_LOOPBACK) or die; listen $server, 16;
print "listening\\n";
while (accept my $connection, $server) {
  next if fork;
  while (sysread $connection, my $bytes, 65536) { while (length $bytes) { my $n = syswrite $connection, $bytes; exit unless $n; substr($bytes, 0, $n) = '' } }
  exit;
}
`

const connect = `
use strict; use Socket; $| = 1; alarm 5;
socket my $connection, AF_INET, SOCK_STREAM, 0;
connect $connection, pack_sockaddr_in($ARGV[1], inet_aton($ARGV[0])) or exit 1;
print $_ while sysread $connection, $_, 65536;
`

/** What the suite needs beyond a shell, in the Perl that every Debian has. */
export const perlPrograms: TargetPrograms = {
  listen: (port) => ['perl', '-e', listen, String(port)],
  connect: (host, port) => ['perl', '-e', connect, host, String(port)],
}
