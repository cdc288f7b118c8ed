/** The part of the OCI runtime specification's `linux.seccomp` that is used here. */
export interface SeccompProfile {
  readonly defaultAction: 'SCMP_ACT_ERRNO'
  readonly defaultErrnoRet: number
  readonly architectures: readonly string[]
  readonly syscalls: readonly SeccompRule[]
}

interface SeccompRule {
  readonly names: readonly string[]
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO'
  readonly errnoRet?: number
  readonly args?: readonly SeccompArgument[]
}

interface SeccompArgument {
  readonly index: number
  readonly value: number
  readonly valueTwo?: number
  readonly op: 'SCMP_CMP_EQ' | 'SCMP_CMP_NE' | 'SCMP_CMP_GT' | 'SCMP_CMP_MASKED_EQ'
}

const EPERM = 1
const ENOSYS = 38
const EPROTONOSUPPORT = 93
const EAFNOSUPPORT = 97

const words = (text: string): string[] => text.trim().split(/\s+/)

const files = words(`
  access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64 fallocate fchdir
  fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstatfs fsync ftruncate
  futimesat getcwd getdents getdents64 getxattr getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch ioctl lchown lgetxattr
  link linkat listxattr listxattrat llistxattr lremovexattr lseek lsetxattr lstat memfd_create mkdir mkdirat mknod mknodat newfstatat open
  openat openat2 pipe pipe2 poll ppoll pread64 preadv preadv2 pselect6 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv
  removexattr removexattrat rename renameat renameat2 rmdir select sendfile setxattr setxattrat splice stat statfs statx symlink symlinkat sync
  sync_file_range syncfs tee truncate umask unlink unlinkat utime utimensat utimes write writev
`)

const memory = words(`
  brk cachestat get_mempolicy madvise map_shadow_stack membarrier mincore mlock mlock2 mlockall mmap mprotect mremap mseal msync munlock
  munlockall munmap pkey_alloc pkey_free pkey_mprotect
`)

const processes = words(`
  alarm arch_prctl capget capset execve execveat exit exit_group fork futex futex_requeue futex_wait futex_waitv futex_wake get_robust_list
  getcpu getegid geteuid getgid getgroups getpgid getpgrp getpid getppid getpriority getresgid getresuid getrlimit getrusage getsid gettid
  getuid ioprio_get ioprio_set kill landlock_add_rule landlock_create_ruleset landlock_restrict_self pause pidfd_open pidfd_send_signal prctl
  prlimit64 restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
  rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
  sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp set_robust_list set_tid_address
  setfsgid setfsuid setgid setgroups setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setuid sigaltstack sysinfo
  tgkill time times tkill uname vfork wait4 waitid
`)

const timeAndEvents = words(`
  clock_getres clock_gettime clock_nanosleep epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
  epoll_wait_old eventfd eventfd2 getitimer getrandom gettimeofday nanosleep setitimer signalfd signalfd4 timer_create timer_delete
  timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime
`)

const communication = words(`
  accept accept4 bind connect getpeername getsockname getsockopt listen msgctl msgget msgrcv msgsnd recvfrom recvmmsg recvmsg semctl semget
  semop semtimedop sendmmsg sendmsg sendto setsockopt shmat shmctl shmdt shmget shutdown socketpair
`)

/** Refused with EPERM, so that a program which asks politely gets the usual answer. All that is in no list is ENOSYS. */
const refused = words(`
  acct add_key adjtimex bpf chroot clock_adjtime clock_settime delete_module fanotify_init finit_module fsconfig fsmount fsopen fspick
  init_module ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind migrate_pages mount mount_setattr move_mount move_pages
  name_to_handle_at open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root process_madvise process_vm_readv process_vm_writev
  ptrace quotactl quotactl_fd reboot request_key set_mempolicy setdomainname sethostname setns settimeofday swapoff swapon syslog umount2
  unshare userfaultfd vhangup
`)

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, and NEWTIME where its bit is not a signal number. */
const namespaceFlags = 0x7e020000

const unix = 1
const inet = 2
const inet6 = 10
const netlink = 16
const families = [unix, inet, inet6]

/** Personalities that change nothing about what the kernel offers: the default, 32-bit address limits, and "what am I". */
const personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff]

/**
 * What a sandbox may ask of the kernel: an allow-list. Unknown calls look as if the kernel did not have them, so that libraries fall back;
 * no other system-call table than that of x86-64 can be reached.
 */
export function seccompProfile(): SeccompProfile {
  const allow = (names: readonly string[], args?: readonly SeccompArgument[]): SeccompRule => ({
    names,
    action: 'SCMP_ACT_ALLOW',
    ...(args === undefined ? {} : { args }),
  })
  const refuse = (names: readonly string[], errnoRet: number, args?: readonly SeccompArgument[]): SeccompRule => ({
    names,
    action: 'SCMP_ACT_ERRNO',
    errnoRet,
    ...(args === undefined ? {} : { args }),
  })
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: ENOSYS,
    architectures: ['SCMP_ARCH_X86_64'],
    syscalls: [
      allow([...files, ...memory, ...processes, ...timeAndEvents, ...communication]),
      refuse(refused, EPERM),
      refuse(['clone3'], ENOSYS),
      allow(['clone'], [{ index: 0, value: namespaceFlags, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }]),
      ...personalities.map((value) => allow(['personality'], [{ index: 0, value, op: 'SCMP_CMP_EQ' }])),
      ...families.map((value) => allow(['socket'], [{ index: 0, value, op: 'SCMP_CMP_EQ' }])),
      allow(
        ['socket'],
        [
          { index: 0, value: netlink, op: 'SCMP_CMP_EQ' },
          { index: 2, value: 0, op: 'SCMP_CMP_EQ' },
        ],
      ),
      refuse(['socket'], EPROTONOSUPPORT, [
        { index: 0, value: netlink, op: 'SCMP_CMP_EQ' },
        { index: 2, value: 0, op: 'SCMP_CMP_NE' },
      ]),
      refuse(['socket'], EAFNOSUPPORT, [{ index: 0, value: netlink, op: 'SCMP_CMP_GT' }]),
      ...Array.from({ length: netlink }, (_, value) => value)
        .filter((value) => !families.includes(value))
        .map((value) => refuse(['socket'], EAFNOSUPPORT, [{ index: 0, value, op: 'SCMP_CMP_EQ' }])),
    ],
  }
}
