/**
 * Runs in the sandbox for each question about files: Daytona's own calls follow links, and do not tell a pipe from a file or why a path cannot be used. Its
 * words come in hexadecimal, and go so. Like the keeper it needs `perl-base` alone.
 */
export const fileProgram: string = String.raw`
use strict; use warnings; use POSIX (); use Fcntl ':mode';
my ($what, @words) = map { pack 'H*', $_ } split /,/, delete $ENV{CAISSON_WORDS}, -1;
sub absolute { my $p = $_[0]; my $home = $ENV{HOME} || '/'; return $home if $p eq '~'; $p =~ s{^~/}{$home/}; return $p =~ m{^/} ? $p : "$home/$p" }
sub clean {
  my @parts;
  for (split m{/}, absolute($_[0])) { next if $_ eq '' || $_ eq '.'; if ($_ eq '..') { pop @parts } else { push @parts, $_ } }
  return '/' . join '/', @parts;
}
sub fail { print "! $_[0]\n"; exit 0 }
sub failErrno { fail(0 + $!) }
sub name { my $n = $_[0]; return defined $n && $n ne '' ? $n : $_[1] }
sub show {
  my ($path, @s) = @_;
  my $mode = $s[2];
  my $type = S_ISREG($mode) ? 'file' : S_ISDIR($mode) ? 'directory' : S_ISLNK($mode) ? 'symlink' : 'other';
  my $target = $type eq 'symlink' ? readlink $path : '';
  print join(' ', $type, $s[7], $mode & 07777, name(scalar getpwuid($s[4]), $s[4]), name(scalar getgrgid($s[5]), $s[5]), $s[9] * 1000, unpack('H*', $path), unpack('H*', $target)), "\n";
}
sub look { my @s = lstat $_[0]; @s or failErrno(); return @s }
sub makeAll {
  my ($path, $blocked) = @_;
  my ($at, $made) = ('', 0);
  for (grep { $_ ne '' } split m{/}, $path) {
    $at .= "/$_";
    if (mkdir $at) { $made = 1; next }
    my $errno = $!;
    next if -d $at;
    $! = $errno;
    fail($at eq $path ? $blocked : 20) if -e $at || -l $at;
    failErrno();
  }
  return $made;
}
sub parent { my ($p) = @_; $p =~ s{/[^/]*$}{}; return $p }
my $path = @words ? clean($words[0]) : '/';
if ($what eq 'stat') { show($path, look($path)) }
elsif ($what eq 'list') {
  stat $path or failErrno();
  -d _ or fail(20);
  my @todo = ([$path eq '/' ? '' : $path, 1]);
  while (my $next = shift @todo) {
    my ($dir, $depth) = @$next;
    opendir my $d, $dir eq '' ? '/' : $dir or do { failErrno() if $depth == 1; next };
    for (sort grep { $_ ne '.' && $_ ne '..' } readdir $d) {
      my @s = lstat "$dir/$_" or next;
      show("$dir/$_", @s);
      push @todo, ["$dir/$_", $depth + 1] if S_ISDIR($s[2]) && $depth < $words[1];
    }
  }
}
elsif ($what eq 'make') { print makeAll($path, 17) ? "created\n" : "exists\n" }
elsif ($what eq 'move') {
  look($path);
  my $to = clean($words[1]);
  makeAll(parent($to), 20);
  rename($path, $to) or ($!{EXDEV} && system('mv', '-fT', '--', $path, $to) == 0) or failErrno();
  show($to, look($to));
}
elsif ($what eq 'remove') {
  my @s = lstat $path;
  if (!@s) { print "absent\n"; exit 0 }
  (S_ISDIR($s[2]) ? system('rm', '-rf', '--', $path) == 0 : unlink $path) or fail(0 + $! || 13);
  print "removed\n";
}
elsif ($what eq 'open') {
  my @s = stat $path or failErrno();
  fail(21) if S_ISDIR($s[2]); fail(22) unless S_ISREG($s[2]);
  open my $h, '<', $path or failErrno();
  symlink $path, $words[1] or failErrno();
  print "$s[7]\n";
}
elsif ($what eq 'create') {
  makeAll(parent($path), 20);
  my @s = stat $path;
  fail(21) if @s && S_ISDIR($s[2]); fail(22) if @s && !S_ISREG($s[2]);
  open my $h, '>', $path or failErrno();
  symlink $path, $words[1] or failErrno();
  print "ok\n";
}
elsif ($what eq 'close') { unlink $words[1]; chmod oct $words[2], $path or failErrno(); show($path, look($path)) }
elsif ($what eq 'forget') { unlink $words[0]; print "ok\n" }
`
