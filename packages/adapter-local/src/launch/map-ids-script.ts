/**
 * Mounts a directory a second time with its user and group ids mapped: `perl -e … FROM TO BASE COUNT [ro]`. What belongs to 0 there belongs to BASE here, and so
 * on for COUNT ids; all others are nobody's. A program, since no tool of Debian 12 does it: open_tree, mount_setattr with a user namespace, move_mount.
 */
export const mapIdsScript = `
use strict;
my ($from, $to, $base, $count, $access) = @ARGV;
pipe(my $ready, my $tell) && pipe(my $wait, my $release) or die "pipe: $!";
defined(my $pid = fork) or die "fork: $!";
if (!$pid) {
  close $release;
  syscall(272, 0x10000000) == 0 or die "unshare: $!";
  syswrite $tell, "x";
  sysread $wait, my $end, 1;
  exit 0;
}
close $tell;
sysread($ready, my $started, 1) or die "no user namespace";
for my $map ("uid_map", "gid_map") {
  open(my $file, ">", "/proc/$pid/$map") or die "$map: $!";
  syswrite($file, "0 $base $count\n") or die "$map: $!";
}
open(my $namespace, "<", "/proc/$pid/ns/user") or die "user namespace: $!";
my $empty = "";
my $tree = syscall(428, -100, $from, 0x80001);
$tree >= 0 or die "open_tree $from: $!";
my $read_only = defined $access && $access eq "ro" ? 1 : 0;
my $attributes = pack("QQQQ", 0x100000 | $read_only, 0, 0, fileno $namespace);
syscall(442, $tree, $empty, 0x1000, $attributes, 32) == 0 or die "mount_setattr: $!";
syscall(429, $tree, $empty, -100, $to, 4) == 0 or die "move_mount $to: $!";
close $release;
waitpid $pid, 0;
`
