/**
 * Programs that try to get out, or to see or take what is not theirs. Each prints `ESCAPED <what>` for everything that it got, and `done` at the end: containment is
 * the one line `done`. Rows are those of the checklist in docs: A is isolation, C the network.
 */
export interface HostileProgram {
  readonly row: string
  readonly tries: string
  readonly python: string
}

/** Shared by all: `attempt` runs something and says what came of it. */
const prelude = `
import ctypes, errno, fcntl, glob, os, re, signal, socket, stat, struct, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)

def escaped(what):
    print('ESCAPED', what, flush=True)

def attempt(what, action, good=lambda value: True):
    try:
        value = action()
    except (OSError, ValueError, subprocess.SubprocessError):
        return
    if good(value):
        escaped(what)

def syscall(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result

def read(path):
    with open(path, 'rb') as file:
        return file.read(4096)

def write(path, data=b'1'):
    with open(path, 'wb', buffering=0) as file:
        return file.write(data)
`

export function hostilePython(program: HostileProgram, canaries: Readonly<Record<string, string>>): string {
  return `${prelude}\ncanaries = ${JSON.stringify(canaries)}\n${program.python}\nprint('done')\n`
}

export const hostilePrograms: readonly HostileProgram[] = [
  {
    row: 'A1',
    tries: 'files of the host',
    python: `
for path in ['/etc/shadow', '/root/.bashrc', '/root/.ssh', '/var/lib/caisson', '/home/' + 'root', '/boot', canaries['file'],
             '/proc/1/root' + canaries['file'], '/proc/self/root' + canaries['file'], '/../..' + canaries['file']]:
    attempt(path, lambda: read(path) if not os.path.isdir(path) else os.listdir(path))
attempt('host name', lambda: socket.gethostname(), lambda name: name == canaries['hostname'])
attempt('overlay directories', lambda: read('/proc/self/mountinfo'), lambda text: canaries['state'].encode() in text)
for path in glob.glob('/proc/*/root'):
    attempt(path, lambda: read(path + canaries['file']))
os.symlink(canaries['file'], '/tmp/link')
attempt('through a link', lambda: read('/tmp/link'))
`,
  },
  {
    row: 'A2',
    tries: 'processes of the host',
    python: `
attempt('sees a process of the host', lambda: [p for p in glob.glob('/proc/[0-9]*/cmdline') if canaries['secret'].encode() in read(p)], bool)
attempt('many processes', lambda: len(glob.glob('/proc/[0-9]*')), lambda count: count > 40)
attempt('kills the init', lambda: os.kill(1, signal.SIGKILL))
for path in glob.glob('/proc/[0-9]*'):
    pid = int(path.split('/')[-1])
    if os.stat(path).st_uid != os.getuid():
        attempt('signals %d' % pid, lambda: os.kill(pid, signal.SIGKILL))
attempt('kills everything', lambda: os.kill(int(canaries['pid']), signal.SIGKILL))
`,
  },
  {
    row: 'A3',
    tries: 'mounts',
    python: `
os.makedirs('/tmp/m', exist_ok=True)
attempt('mount tmpfs', lambda: syscall(165, b'none', b'/tmp/m', b'tmpfs', 0, 0))
attempt('bind mount', lambda: syscall(165, b'/', b'/tmp/m', None, 4096, 0))
attempt('remount /usr', lambda: syscall(165, None, b'/usr', None, 32, 0))
attempt('umount /proc', lambda: syscall(166, b'/proc', 2))
attempt('fsopen', lambda: syscall(430, b'tmpfs', 0))
attempt('open_tree', lambda: syscall(428, -100, b'/', 1))
attempt('mount_setattr', lambda: syscall(442, -100, b'/', 0, 0, 0))
attempt('pivot_root', lambda: syscall(155, b'/tmp', b'/tmp'))
attempt('chroot', lambda: os.chroot('/tmp'))
attempt('writes to /usr', lambda: write('/usr/bin/planted'))
attempt('writes to the daemon', lambda: write('/opt/caisson/daemon'))
`,
  },
  {
    row: 'A4',
    tries: 'namespaces of its own',
    python: `
for flag in [0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]:
    attempt('unshare %#x' % flag, lambda: syscall(272, flag))
    attempt('clone %#x' % flag, lambda: syscall(56, flag | 17, 0, 0, 0, 0))
attempt('unshare time', lambda: syscall(272, 0x80))
attempt('clone3', lambda: syscall(435, ctypes.create_string_buffer(struct.pack('<11Q', 0x10000000, *[0] * 10), 88), 88))
for name in os.listdir('/proc/1/ns') if os.access('/proc/1/ns', os.R_OK) else []:
    attempt('setns ' + name, lambda: syscall(308, os.open('/proc/1/ns/' + name, os.O_RDONLY), 0))
attempt('unshare(1)', lambda: subprocess.run(['unshare', '-Ur', 'true'], check=True, capture_output=True))
`,
  },
  {
    row: 'A5',
    tries: 'sockets of runtimes',
    python: `
for path in ['/var/run/docker.sock', '/run/docker.sock', '/run/containerd/containerd.sock', '/run/podman/podman.sock', '/run/crio/crio.sock',
             '/run/systemd/private', '/run/dbus/system_bus_socket', '/run/caisson/daemon.sock']:
    attempt(path, lambda: socket.socket(socket.AF_UNIX).connect(path))
attempt('lists the socket directory', lambda: os.listdir('/run/caisson'))
for name in ['\\0/tmp/.X11-unix/X0', '\\0containerd-shim', '\\0/run/systemd/notify']:
    attempt('abstract socket', lambda: socket.socket(socket.AF_UNIX).connect(name))
`,
  },
  {
    row: 'A6',
    tries: 'privileges',
    python: `
status = dict(line.split(':\\t', 1) for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)
for name in ['CapEff', 'CapPrm', 'CapInh', 'CapAmb']:
    if int(status[name], 16): escaped(name)
if status['NoNewPrivs'] != '1': escaped('may get new privileges')
if status['Seccomp'] != '2': escaped('no seccomp')
if read('/proc/self/uid_map').split()[1] == b'0': escaped('root of the host is mapped')
if os.getuid() == 0: escaped('root')
for call in [lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.setresuid(0, 0, 0)]:
    attempt('changes its user', call)
attempt('su', lambda: subprocess.run(['su', '-c', 'id -u'], input=b'', capture_output=True, check=True))
attempt('set-id files work', lambda: os.statvfs('/').f_flag, lambda flags: not flags & os.ST_NOSUID)
attempt('raises its limit', lambda: __import__('resource').setrlimit(7, (100000, 100000)))
`,
  },
  {
    row: 'A8',
    tries: 'dangerous system calls',
    python: `
calls = {'bpf': 321, 'perf_event_open': 298, 'userfaultfd': 323, 'keyctl': 250, 'add_key': 248, 'request_key': 249, 'kexec_load': 246, 'init_module': 175, 'finit_module': 313,
         'delete_module': 176, 'ptrace': 101, 'process_vm_readv': 310, 'process_vm_writev': 311, 'open_by_handle_at': 304, 'name_to_handle_at': 303, 'io_uring_setup': 425,
         'io_setup': 206, 'vmsplice': 278, 'modify_ldt': 154, 'iopl': 172, 'ioperm': 173, 'swapon': 167, 'reboot': 169, 'syslog': 103, 'acct': 163, 'quotactl': 179,
         'move_pages': 279, 'kcmp': 312, 'lookup_dcookie': 212, 'pidfd_getfd': 438, 'memfd_secret': 447, 'fanotify_init': 300, 'mq_open': 240, 'settimeofday': 164}
for name, number in calls.items():
    result = libc.syscall(number, 0, 0, 0, 0, 0, 0)
    # A refusal by the filter is one of these two; any other error means that the kernel looked at the arguments.
    if result >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS): escaped(name)
code = bytes.fromhex('b814000000cd80c3')  # getpid through the 32-bit table
import mmap
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(code)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
# Another table of system calls is the end of the process.
def in_child(what, action):
    child = os.fork()
    if child == 0:
        try: os._exit(0 if action() == os.getpid() else 3)
        except OSError: os._exit(4)
    if os.waitpid(child, 0)[1] == 0: escaped(what)
in_child('32-bit system calls', ctypes.CFUNCTYPE(ctypes.c_int)(address))
in_child('x32 system calls', lambda: syscall(0x40000000 + 39))
`,
  },
  {
    row: 'A9',
    tries: 'devices',
    python: `
for kind, major, minor in [(stat.S_IFBLK, 254, 0), (stat.S_IFBLK, 8, 0), (stat.S_IFBLK, 7, 0), (stat.S_IFCHR, 1, 1), (stat.S_IFCHR, 10, 229)]:
    path = '/tmp/device'
    attempt('mknod %d:%d' % (major, minor), lambda: os.mknod(path, kind | 0o666, os.makedev(major, minor)))
attempt('more devices than it should have', lambda: set(os.listdir('/dev')) - {'null', 'zero', 'full', 'tty', 'random', 'urandom', 'pts', 'ptmx', 'shm', 'fd', 'stdin', 'stdout', 'stderr', 'core', 'console', 'mqueue'}, bool)
attempt('terminal injection', lambda: fcntl.ioctl(0, 0x5412, b'x'))
attempt('root allows devices', lambda: [l for l in open('/proc/self/mountinfo') if l.split()[4] == '/' and 'nodev' not in l.split()[5]], bool)
attempt('writes to /dev', lambda: write('/dev/planted'))
`,
  },
  {
    row: 'A10',
    tries: 'settings of the kernel',
    python: `
for path in ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname', '/proc/sys/vm/drop_caches', '/proc/sys/net/ipv4/ip_forward', '/proc/sysrq-trigger',
             '/proc/sys/kernel/modprobe', '/proc/sys/fs/binfmt_misc/register', '/proc/self/oom_score_adj_none', '/sys/kernel/uevent_helper', '/proc/sys/user/max_inotify_instances',
             '/sys/fs/cgroup/memory/memory.limit_in_bytes', '/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/cgroup.procs', '/sys/fs/cgroup/cgroup.procs']:
    attempt('writes ' + path, lambda: write(path))
attempt('sees /sys', lambda: [name for name in os.listdir('/sys') if name != 'fs'], bool)
attempt('release_agent', lambda: glob.glob('/sys/fs/cgroup/**/release_agent', recursive=True), bool)
attempt('sethostname', lambda: syscall(170, b'owned', 5))
`,
  },
  {
    row: 'A11',
    tries: 'descriptors that leaked in',
    python: `
for name in os.listdir('/proc/self/fd'):
    try: target = os.readlink('/proc/self/fd/' + name)
    except OSError: continue
    if int(name) > 2 and not target.startswith('/proc/'): escaped('descriptor %s %s' % (name, target))
if not os.getcwd().startswith('/home/user'): escaped('cwd ' + os.getcwd())
for pid in [p for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()]:
    attempt('descriptors of %s' % pid, lambda: os.listdir('/proc/%s/fd' % pid), lambda names: os.stat('/proc/' + pid).st_uid != os.getuid())
if any(canaries['secret'] in value for value in os.environ.values()): escaped('environment of the host')
`,
  },
  {
    row: 'A12',
    tries: 'the programs that run it',
    python: `
for path in ['/proc/1/exe', '/opt/caisson-init', '/opt/caisson/daemon', '/opt/caisson/ld.so', '/proc/self/exe', '/usr/bin/crun']:
    attempt('writes ' + path, lambda: os.open(path, os.O_WRONLY))
    attempt('replaces ' + path, lambda: os.rename('/dev/null', path))
attempt('reads the memory of the daemon', lambda: [read(p) for p in glob.glob('/proc/[0-9]*/mem') if os.stat(p).st_uid != os.getuid()], bool)
attempt('reads the environment of the daemon', lambda: read('/proc/2/environ'))
`,
  },
  {
    row: 'A13',
    tries: 'clocks, kernel logs and memory',
    python: `
attempt('sets the clock', lambda: time.clock_settime(time.CLOCK_REALTIME, 0))
attempt('adjtimex', lambda: syscall(159, ctypes.create_string_buffer(struct.pack('<I', 1), 256)))
for path in ['/proc/kcore', '/proc/kmsg', '/dev/kmsg', '/dev/mem', '/proc/kallsyms', '/proc/keys', '/proc/timer_list', '/proc/interrupts', '/proc/config.gz', '/proc/cmdline', '/proc/modules']:
    attempt(path, lambda: read(path), bool)
attempt('dmesg', lambda: syscall(103, 3, ctypes.create_string_buffer(4096), 4096))
`,
  },
  {
    row: 'A14',
    tries: 'shared memory and keys of others',
    python: `
for name in ['shm', 'msg', 'sem']:
    attempt('/proc/sysvipc/' + name, lambda: read('/proc/sysvipc/' + name))
attempt('segment of the host', lambda: syscall(29, 0x0ca15504, 0, 0))
attempt('files in /dev/shm', lambda: os.listdir('/dev/shm'), bool)
`,
  },
  {
    row: 'C1',
    tries: 'a way out',
    python: `
for address in ['1.1.1.1', '93.184.216.34', '10.0.0.1', '172.17.0.1', '192.168.0.1']:
    for port in [53, 80, 443]:
        s = socket.socket(); s.settimeout(1)
        attempt('%s:%d' % (address, port), lambda: s.connect((address, port)))
attempt('udp', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('1.1.1.1', 53)))
attempt('interfaces', lambda: [name for _, name in socket.if_nameindex() if name != 'lo'], bool)
attempt('routes', lambda: open('/proc/net/route').read().splitlines()[1:], bool)
`,
  },
  {
    row: 'C2',
    tries: 'metadata services',
    python: `
for address in ['169.254.169.254', '100.100.100.200', '169.254.170.2']:
    s = socket.socket(); s.settimeout(1)
    attempt(address, lambda: s.connect((address, 80)))
`,
  },
  {
    row: 'C3',
    tries: 'servers on the loopback of the host',
    python: `
for family, address in [(socket.AF_INET, '127.0.0.1'), (socket.AF_INET, canaries['address']), (socket.AF_INET6, '::1')]:
    s = socket.socket(family); s.settimeout(1)
    attempt(address, lambda: s.connect((address, int(canaries['port']))))
`,
  },
  {
    row: 'C4',
    tries: 'sockets of other kinds',
    python: `
allowed = {1, 2, 10, 16}
for family in range(0, 46):
    if family not in allowed:
        attempt('family %d' % family, lambda: socket.socket(family, socket.SOCK_DGRAM, 0))
        attempt('family %d' % family, lambda: socket.socket(family, socket.SOCK_SEQPACKET, 0))
attempt('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
attempt('raw 6', lambda: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6))
attempt('packet', lambda: socket.socket(17, socket.SOCK_RAW, 0))
for protocol in range(1, 23):
    attempt('netlink %d' % protocol, lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol))
attempt('adds a link', lambda: subprocess.run(['ip', 'link', 'add', 'x', 'type', 'dummy'], check=True, capture_output=True))
`,
  },
  {
    row: 'C5',
    tries: 'names',
    python: `
for name in ['example.com', 'metadata.google.internal', canaries['hostname'] + '.local']:
    attempt(name, lambda: socket.getaddrinfo(name, 80))
`,
  },
  {
    row: 'C6',
    tries: 'a way out over IPv6',
    python: `
for address in ['2606:4700:4700::1111', 'fe80::1%lo', 'fd00:ec2::254', '::ffff:1.1.1.1']:
    s = socket.socket(socket.AF_INET6); s.settimeout(1)
    attempt(address, lambda: s.connect((address, 80)))
`,
  },
]
