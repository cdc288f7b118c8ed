/**
 * Runs in the sandbox, once for each process: starts it, keeps the latest of its output, its limits and how it ended, and serves whoever follows it. Providers'
 * own commands know no replay, no limits and hardly a signal, and their output is text. It needs nothing but what `perl-base` has, without which no
 * Debian is.
 *
 * What is followed goes through a relay: a program whose input and output are lines of ASCII. From here: `H` who it is, `F` cannot start, `o e t` output,
 * `m` the window is used up, `x` how it ended, `z` no more output, `a` input taken, `N` nobody of that name. From there: `f` a window, `i` input, `e` end of
 * input, `s` a signal, `r` a size, `c` cancel.
 */
export const keeperProgram: string = String.raw`
use strict; use warnings; use POSIX (); use Socket; use Fcntl qw(:flock);
no warnings 'exec';
my $dir = "/tmp/.caisson-$<";
my $keepSeconds = 600; my $keepBytes = 64 * 1048576;
my ($sysPrctl, $sysClock) = (POSIX::uname())[4] =~ /^(?:aarch64|arm64)/ ? (167, 113) : (157, 228);
my (@journal, $kept, $total, $result, %followers, $journalBytes);
$kept = $total = 0;

sub enc {
  my $n = length $_[0]; return '' unless $n;
  my $s = pack 'u', $_[0];
  $s =~ s/^.//mg; $s =~ tr/\n//d; $s =~ tr|\x60 -_|AA-Za-z0-9+/|;
  my $p = (3 - $n % 3) % 3; substr($s, -$p) = '=' x $p if $p;
  return $s;
}
sub dec {
  my $s = $_[0]; $s =~ tr|A-Za-z0-9+/||cd; $s =~ tr|A-Za-z0-9+/| -_|;
  my $out = '';
  for (my $i = 0; $i < length $s; $i += 60) {
    my $l = substr $s, $i, 60;
    $out .= unpack 'u', chr(32 + int(length($l) * 3 / 4)) . $l;
  }
  return $out;
}
sub now { my $b = "\0" x 16; syscall($sysClock, 1, $b); my ($s, $n) = unpack 'q2', $b; return $s * 1000 + $n / 1e6 }
sub slurp { open my $h, '<', $_[0] or return ''; local $/; my $t = <$h>; return defined $t ? $t : '' }

sub prepareDir {
  mkdir $dir, 0700;
  my @s = lstat $dir;
  die "caisson: $dir belongs to somebody else\n" unless @s && -d _ && $s[4] == $< && !($s[2] & 022);
}
sub tidy {
  my $sum = 0;
  for (sort { $b->[1] <=> $a->[1] } map { my @s = stat; @s ? [$_, $s[9], $s[7]] : () } glob "$dir/*.end") {
    $sum += $_->[2];
    next if $_->[1] > time - $keepSeconds && $sum <= $keepBytes;
    (my $stem = $_->[0]) =~ s/\.end$//;
    unlink "$stem.end", "$stem.info";
  }
}
sub dial {
  socket my $s, AF_UNIX, SOCK_STREAM, 0 or return;
  return connect($s, pack_sockaddr_un("$dir/$_[0].sock")) ? $s : undef;
}
sub known {
  my @all;
  for (glob "$dir/*.info") {
    my ($token) = m{([^/]+)\.info$}; my @s = stat or next;
    my ($pid, $tag, $cwd, $argv, $hidden) = split / /, slurp($_), -1;
    push @all, { token => $token, pid => $pid, tag => $tag, cwd => $cwd, argv => $argv, hidden => $hidden, at => $s[9] } if defined $hidden;
  }
  return sort { $b->{at} <=> $a->{at} } @all;
}

# --- what is kept, and who reads it ---
sub keep {
  my ($kind, $bytes) = @_;
  push @journal, [$kind, $total, $bytes];
  $total += length $bytes; $kept += length $bytes;
  while (@journal > 1 && $kept - length($journal[0][2]) >= $journalBytes) { $kept -= length $journal[0][2]; shift @journal }
}
sub pump {
  my ($f) = @_;
  return if $f->{over};
  my $i = 0;
  if ($f->{left} > 0 && @journal) {
    my ($lo, $hi) = (0, scalar @journal);
    while ($lo < $hi) { my $mid = int(($lo + $hi) / 2); my $c = $journal[$mid]; $c->[1] + length($c->[2]) <= $f->{at} ? ($lo = $mid + 1) : ($hi = $mid) }
    $i = $lo;
  }
  while ($f->{left} > 0 && $i < @journal) {
    my ($kind, $at, $bytes) = @{ $journal[$i++] };
    my $from = $f->{at} > $at ? $f->{at} - $at : 0;
    my $piece = substr $bytes, $from, $f->{left};
    $f->{out} .= $kind . ($at + $from) . ' ' . enc($piece) . "\n";
    $f->{at} = $at + $from + length $piece; $f->{left} -= length $piece;
    $i-- if $f->{left} == 0;
  }
  if (defined $result && !$f->{told}) { $f->{told} = 1; $f->{out} .= "x$result\n" }
  if (defined $result && $f->{at} >= $total) { $f->{over} = 1; $f->{out} .= "z\n" }
  elsif ($f->{left} == 0 && $f->{asked}) { $f->{asked} = 0; $f->{out} .= "m\n" }
}
sub ask { my ($f, $at, $bytes) = @_; $f->{at} = $at; $f->{left} = $bytes; $f->{asked} = 1 }
sub follower { my ($s, $hello) = @_; return { s => $s, in => '', out => $hello, at => 0, left => 0, asked => 0, told => 0, over => 0 } }

# --- the keeper of one process ---
sub descendants {
  my %children;
  opendir my $d, '/proc' or return;
  for my $p (grep { /^\d+$/ } readdir $d) {
    my $stat = slurp("/proc/$p/stat");
    push @{ $children{$2} }, [$p, $1] if $stat =~ /^.*\) (\S) (\d+) /s;
  }
  my (@found, @todo); @todo = @{ $children{$$} || [] };
  while (my $c = shift @todo) { push @found, $c->[0] if $c->[1] ne 'Z'; push @todo, @{ $children{ $c->[0] } || [] } }
  return @found;
}
sub oomKills {
  return $1 if slurp('/sys/fs/cgroup/memory.events') =~ /^oom_kill (\d+)/m;
  return slurp('/proc/vmstat') =~ /^oom_kill (\d+)/m ? $1 : 0;
}
sub openTerminal {
  my ($rows, $cols) = @_;
  open my $master, '+<', '/dev/ptmx' or return;
  my $n = pack 'i', 0;
  ioctl $master, 0x40045431, $n or return;
  ioctl $master, 0x80045430, $n or return;
  resize($master, $rows, $cols);
  return ($master, '/dev/pts/' . unpack 'i', $n);
}
sub resize { my $size = pack 'S4', $_[1], $_[2], 0, 0; ioctl $_[0], 0x5414, $size }

sub keeper {
  my ($peer, %spec) = @_;
  my $fail = sub { syswrite $peer, "F$_[0] " . (0 + $!) . "\n"; exit 0 };
  chdir $spec{cwd} or $fail->('cwd');
  socket my $listener, AF_UNIX, SOCK_STREAM, 0 or $fail->('socket');
  bind $listener, pack_sockaddr_un("$dir/$spec{token}.sock") or $fail->('socket');
  listen $listener, 64;
  syscall($sysPrctl, 36, 1, 0, 0, 0);
  pipe my $wakeOut, my $wakeIn; $_->blocking(0) for $wakeOut, $wakeIn;
  $SIG{CHLD} = sub { syswrite $wakeIn, '.' }; $SIG{$_} = 'IGNORE' for qw(PIPE HUP INT QUIT TERM);
  my ($master, $slave); if ($spec{rows}) { ($master, $slave) = openTerminal($spec{rows}, $spec{cols}) or $fail->('terminal') }
  pipe my $failedOut, my $failedIn;
  my ($inR, $inW, $outR, $outW, $errR, $errW);
  unless ($master) { pipe $outR, $outW; pipe $errR, $errW; pipe $inR, $inW if $spec{stdin} }
  my $oomBefore = oomKills(); my $began = now();
  my $pid = fork; defined $pid or $fail->('fork');
  if (!$pid) {
    POSIX::setsid();
    my $stdin = $inR;
    if ($master) { open $stdin, '+<', $slave or POSIX::_exit(127); $outW = $errW = $stdin }
    elsif (!$stdin) { open $stdin, '<', '/dev/null' }
    POSIX::dup2(fileno $stdin, 0); POSIX::dup2(fileno $outW, 1); POSIX::dup2(fileno $errW, 2);
    if (open my $h, '>', '/proc/self/oom_score_adj') { syswrite $h, '800' }
    $SIG{$_} = 'DEFAULT' for qw(PIPE HUP INT QUIT TERM CHLD);
    delete $ENV{$_} for grep { /^CAISSON_/ } keys %ENV;
    delete $ENV{OLDPWD}; $ENV{PWD} = $spec{cwd}; $ENV{TERM} = 'xterm-256color' if $master;
    my @env = @{ $spec{env} }; while (@env) { my $name = shift @env; $ENV{$name} = shift @env }
    exec { $spec{argv}[0] } @{ $spec{argv} };
    syswrite $failedIn, 0 + $!; POSIX::_exit(127);
  }
  close $_ for grep { defined } $failedIn, $inR, $outW, $errW;
  sysread $failedOut, my $errno, 16;
  if (length $errno) { $! = $errno; unlink "$dir/$spec{token}.sock"; $fail->('exec') }
  my $info = join ' ', $pid, enc($spec{tag}), enc($spec{cwd}), enc(join "\0", @{ $spec{argv} }), $spec{hidden};
  if (open my $h, '>', "$dir/$spec{token}.info.new") { print $h $info; close $h; rename "$dir/$spec{token}.info.new", "$dir/$spec{token}.info" }
  close $spec{lock} if $spec{lock};
  my $word = join ' ', $pid, $spec{token}, $master ? 'terminal' : $spec{stdin} ? 'pipe' : 'none';
  my $hello = "H$word\n";
  my $first = follower($peer, $hello); ask($first, 0, $spec{window});
  $followers{ fileno $peer } = $first;
  my %sources = $master ? (t => $master) : (o => $outR, e => $errR);
  my $sink = $master || $inW;
  $_->blocking(0) for grep { defined } values %sources, $sink, $peer, $listener;
  my ($input, $inputFrom, $inputEnds, $status, $cause, $graceEnds, $huntAgain) = ('', undef, 0);
  my $kill = sub { $cause ||= $_[0]; kill 'KILL', $_ for descendants(); $huntAgain = now() + 20 };
  my $drop = sub { my ($f) = @_; delete $followers{ fileno $f->{s} }; close $f->{s} };
  my $obey = sub {
    my ($f, $line) = @_;
    if ($line =~ /^f(\d+) (\d+)$/) { ask($f, $1, $2) }
    elsif ($line =~ /^i(.*)$/) { my $b = dec($1); if ($sink && !defined $status) { $input .= $b; $inputFrom = $f } else { $f->{out} .= 'a' . length($b) . "\n" } }
    elsif ($line eq 'e') { if ($master) { $input .= "\x04" } else { $inputEnds = 1 } }
    elsif ($line =~ /^s(\d+)$/) { kill $1, -$pid unless defined $status }
    elsif ($line =~ /^r(\d+) (\d+)$/) { resize($master, $1, $2) if $master }
    elsif ($line eq 'c') { $kill->('cancelled') unless defined $result }
  };
  until (defined $result) {
    my ($r, $w) = ('', '');
    vec($r, fileno $_, 1) = 1 for $wakeOut, $listener, map { $_->{s} } values %followers;
    my $behind = 0;
    if ($spec{lossless}) { for (values %followers) { my $b = $total - $_->{at}; $behind = $b if $b > $behind } $behind = 1 if !%followers && $total > 0 }
    my $hold = $spec{lossless} && $behind > 1048576;
    unless ($hold) { vec($r, fileno $_, 1) = 1 for values %sources }
    vec($w, fileno $sink, 1) = 1 if $sink && length $input;
    for (values %followers) { vec($w, fileno $_->{s}, 1) = 1 if length $_->{out} }
    my $t = now(); my $next = $t + 60000;
    for ($spec{timeout} && !$cause ? $began + $spec{timeout} : undef, $graceEnds, $huntAgain) { $next = $_ if defined && $_ < $next }
    my $n = select $r, $w, undef, $next > $t ? ($next - $t) / 1000 : 0;
    ($r, $w) = ('', '') if $n <= 0;
    sysread $wakeOut, my $ignored, 4096 if vec($r, fileno $wakeOut, 1);
    while ((my $gone = waitpid -1, POSIX::WNOHANG()) > 0) { if ($gone == $pid) { $status = $?; $graceEnds = now() + 250 } }
    for my $kind (keys %sources) {
      my $h = $sources{$kind};
      next unless vec($r, fileno $h, 1);
      my $got = sysread $h, my $bytes, 65536;
      if ($got) { keep($kind, $bytes); $kill->('output-limit') if $spec{limit} && $total >= $spec{limit} && !$cause }
      elsif (defined $got || !$!{EAGAIN}) { delete $sources{$kind}; close $h unless $master }
    }
    if ($sink && length $input && vec($w, fileno $sink, 1)) {
      my $done = syswrite $sink, $input, 65536;
      $done = length $input if !defined $done && !$!{EAGAIN};
      if ($done) { substr($input, 0, $done) = ''; $inputFrom->{out} .= "a$done\n" if $inputFrom && $followers{ fileno($inputFrom->{s}) // -1 } }
    }
    if (vec($r, fileno $listener, 1) && accept my $s, $listener) { $s->blocking(0); $followers{ fileno $s } = follower($s, $hello) }
    for my $f (values %followers) {
      if (vec($r, fileno $f->{s}, 1)) {
        my $got = sysread $f->{s}, $f->{in}, 262144, length $f->{in};
        if (!$got && (defined $got || !$!{EAGAIN})) { $drop->($f); next }
        $obey->($f, $1) while $f->{in} =~ s/^([^\n]*)\n//;
      }
      pump($f);
      if (length $f->{out}) { my $done = syswrite $f->{s}, $f->{out}; if ($done) { substr($f->{out}, 0, $done) = '' } elsif (!$!{EAGAIN}) { $drop->($f) } }
    }
    if ($inputEnds && $sink && !length $input && !$master) { close $sink; undef $sink }
    $t = now();
    $kill->('timed-out') if $spec{timeout} && !$cause && !defined $status && $t >= $began + $spec{timeout};
    my $hunted = 1;
    if (defined $huntAgain && $t >= $huntAgain) { my @left = descendants(); kill 'KILL', $_ for @left; $hunted = !@left; $huntAgain = @left ? $t + 20 : undef }
    elsif (defined $huntAgain) { $hunted = 0 }
    next unless defined $status && $hunted && (!%sources || $t >= $graceEnds);
    my ($kind, $value) = $status & 127 ? ('signaled', $status & 127) : ('exited', $status >> 8);
    $kind = 'out-of-memory' if $kind eq 'signaled' && $value == 9 && oomKills() > $oomBefore;
    $kind = $cause if $cause;
    $result = join ' ', $kind, $value, sprintf('%.0f', now() - $began), $total;
  }
  unless ($spec{hidden}) {
    my $path = "$dir/$spec{token}.end";
    if (open my $h, '>', "$path.new") {
      binmode $h; print $h "$word\n$result\n", $total - $kept, "\n"; print $h $_->[0], pack('N/a*', $_->[2]) for @journal;
      close $h and rename "$path.new", $path;
    }
  }
  unlink "$dir/$spec{token}.sock"; unlink "$dir/$spec{token}.info" if $spec{hidden}; close $listener;
  my $until = now() + ($spec{hidden} ? 600000 : 60000);
  for (;;) {
    for my $f (values %followers) { pump($f); $drop->($f) if !length $f->{out} && ($f->{over} || !$f->{left} && !$spec{hidden}) }
    last if !%followers || now() > $until;
    my ($r, $w) = ('', '');
    for (values %followers) { vec(length $_->{out} ? $w : $r, fileno $_->{s}, 1) = 1 }
    select $r, $w, undef, 5;
    for my $f (values %followers) {
      if (vec($w, fileno $f->{s}, 1)) { my $done = syswrite $f->{s}, $f->{out}; if ($done) { substr($f->{out}, 0, $done) = '' } elsif (!$!{EAGAIN}) { $drop->($f) } }
      elsif (vec($r, fileno $f->{s}, 1)) {
        my $got = sysread $f->{s}, $f->{in}, 262144, length $f->{in};
        if (!$got && (defined $got || !$!{EAGAIN})) { $drop->($f); next }
        $obey->($f, $1) while $f->{in} =~ s/^([^\n]*)\n//;
      }
    }
  }
  exit 0;
}

# --- the relay: what a provider runs on the one side, the keeper on the other ---
sub relay {
  my ($s, $first) = @_;
  $SIG{PIPE} = 'IGNORE';
  print STDOUT ''; $| = 1;
  my $all = sub { my ($h, $b) = @_; while (length $b) { my $n = syswrite $h, $b; if (defined $n) { substr($b, 0, $n) = '' } elsif (!$!{EINTR}) { exit 0 } } };
  $all->($s, $first) if defined $first;
  my $open = 1;
  for (;;) {
    my $r = ''; vec($r, fileno $s, 1) = 1; vec($r, 0, 1) = 1 if $open;
    next if select($r, undef, undef, undef) <= 0;
    if (vec($r, fileno $s, 1)) { my $n = sysread $s, my $b, 262144; exit 0 unless $n; $all->(\*STDOUT, $b) }
    if ($open && vec($r, 0, 1)) { my $n = sysread STDIN, my $b, 262144; if ($n) { $all->($s, $b) } else { $open = 0 } }
  }
}
sub absolute { my $p = $_[0]; my $home = $ENV{HOME} || '/'; return $home if $p eq '' || $p eq '~'; $p =~ s{^~/}{$home/}; return $p =~ m{^/} ? $p : "$home/$p" }

sub start {
  my ($window, $text) = (shift @ARGV, '');
  for (my $i = 0; defined(my $part = delete $ENV{"CAISSON_SPEC_$i"}); $i++) { $text .= $part }
  my ($token, $cwd, $tag, $stdin, $rows, $cols, $timeout, $limit, $journal, $hidden, $lossless, $argc, @rest) = split /\0/, dec($text), -1;
  prepareDir(); tidy();
  my $lock;
  if ($tag ne '') {
    open $lock, '>', "$dir/lock"; flock $lock, LOCK_EX;
    for (grep { $_->{tag} eq enc($tag) } known()) { if (dial($_->{token})) { print "Ftag 0\n"; exit 0 } }
  }
  my @argv = splice @rest, 0, $argc;
  $journalBytes = $journal;
  socketpair my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC;
  my $pid = fork; die "caisson: no process can be started: $!\n" unless defined $pid;
  if ($pid) { close $theirs; close $lock if $lock; relay($ours) }
  close $ours; POSIX::setsid();
  open STDIN, '<', '/dev/null'; open STDOUT, '>', '/dev/null'; open STDERR, '>', '/dev/null';
  keeper($theirs, token => $token, cwd => absolute($cwd), tag => $tag, stdin => $stdin, rows => $rows, cols => $cols, timeout => $timeout, limit => $limit,
    hidden => $hidden, lossless => $lossless, argv => \@argv, env => \@rest, window => $window, lock => $lock);
}
sub attach {
  my ($by, $wanted, $at, $window) = @ARGV;
  for my $try (1 .. 3) {
    my @found = grep { $by eq 'token' ? $_->{token} eq $wanted : !$_->{hidden} && $_->{$by} eq $wanted } known();
    for (@found) { my $s = dial($_->{token}) or next; relay($s, "f$at $window\n") }
    for (@found) {
      open my $h, '<', "$dir/$_->{token}.end" or next;
      binmode $h; chomp(my $word = <$h>); chomp($result = <$h>); chomp($total = <$h>); $journalBytes = 9e15;
      while (read $h, my $head, 5) { my ($kind, $n) = unpack 'a N', $head; read $h, my $bytes, $n; keep($kind, $bytes) }
      my $f = follower(undef, "H$word\n"); ask($f, $at, $window);
      $| = 1;
      for (;;) {
        pump($f); print $f->{out}; $f->{out} = '';
        exit 0 if $f->{over};
        my $line = <STDIN>; exit 0 unless defined $line;
        ask($f, $1, $2) if $line =~ /^f(\d+) (\d+)$/;
      }
    }
    last unless @found; select undef, undef, undef, 0.1;
  }
  print "N\n";
}
sub list { for (known()) { print join(' ', @$_{qw(token pid tag cwd argv)}), "\n" if !$_->{hidden} && dial($_->{token}) } }

my $mode = shift @ARGV;
$mode eq 'start' ? start() : $mode eq 'attach' ? attach() : list();
`
