import type { Requirement } from '../requirement.ts'

export const processRequirements: readonly Requirement[] = [
  {
    id: 'processes.argv-verbatim',
    source: 'ProcessSpec.argv',
    behaviour:
      'Arguments reach the program byte for byte: no shell, spaces, newlines, emoji and the empty one included.',
  },
  {
    id: 'processes.path-lookup',
    source: 'ProcessSpec.argv',
    behaviour: 'A program without a slash is looked up in the PATH of the process.',
  },
  {
    id: 'processes.program-missing',
    source: 'Processes.spawn',
    behaviour: 'A program that does not exist is path-not-found.',
  },
  {
    id: 'processes.program-not-executable',
    source: 'Processes.spawn',
    behaviour: 'A program that may not be executed is permission-denied.',
  },
  {
    id: 'processes.exit-codes',
    source: 'ProcessOutcome',
    behaviour: 'Exit codes 0, 1, 2, 42, 124, 126, 127, 137 and 255 are results, each as it was.',
  },
  {
    id: 'processes.signal-outcomes',
    source: 'ProcessOutcome',
    behaviour: 'A process that kills itself with a signal ends as signaled with exactly that signal.',
  },
  {
    id: 'processes.pid',
    source: 'ProcessInfo.pid',
    behaviour: 'The pid is the one that the process itself sees.',
  },
  {
    id: 'processes.cwd-default',
    source: 'ProcessSpec.cwd',
    behaviour: "A process starts in the user's home.",
  },
  {
    id: 'processes.cwd-absolute',
    source: 'ProcessSpec.cwd',
    behaviour: 'A process starts in the given directory.',
  },
  {
    id: 'processes.cwd-relative',
    source: 'ProcessSpec.cwd',
    behaviour: "A relative directory starts at the user's home.",
  },
  {
    id: 'processes.cwd-missing',
    source: 'ProcessSpec.cwd',
    behaviour: 'A directory that does not exist is path-not-found.',
  },
  {
    id: 'processes.env-sandbox',
    source: 'SandboxSpec.env',
    behaviour: "The sandbox's environment reaches every process.",
  },
  {
    id: 'processes.env-precedence',
    source: 'ProcessSpec.env',
    behaviour: "A process's own variables win over the sandbox's.",
  },
  {
    id: 'processes.env-values',
    source: 'environmentSchema',
    behaviour: 'Values arrive byte for byte: newlines, quotes, dollar signs, emoji and the empty one.',
  },
  {
    id: 'processes.env-separate',
    source: 'ProcessSpec.env',
    behaviour: 'Variables of one process do not reach the next.',
  },
  {
    id: 'processes.stdin-none',
    source: 'ProcessSpec.stdin',
    behaviour: 'Without stdin a reader sees end of file at once.',
  },
  {
    id: 'processes.stdin-conversation',
    source: 'Process.stdin',
    behaviour: 'A written line reaches the process before stdin is closed.',
  },
  {
    id: 'processes.stdin-eof',
    source: 'Process.stdin',
    behaviour: 'Closing stdin is end of file for the process.',
  },
  {
    id: 'processes.stdin-large',
    source: 'Process.stdin',
    behaviour: 'Five megabytes of random bytes go in unharmed.',
  },
  {
    id: 'processes.stdin-unread',
    source: 'Process.stdin',
    behaviour: 'A process that ends without reading its input ends as usual.',
  },
  {
    id: 'processes.wait-again',
    source: 'Process.wait',
    behaviour: 'wait gives the same result however often it is asked, during and after.',
  },
  {
    id: 'processes.wait-unread',
    source: 'Process.wait',
    behaviour: 'A process with a megabyte of output ends although nobody reads it.',
  },
  {
    id: 'processes.background-child',
    source: 'Process.wait',
    behaviour: 'A background child that holds the output open does not hold up the end.',
  },
  {
    id: 'processes.list',
    source: 'Processes.list',
    behaviour: 'Running processes are listed with pid, argv and tag; ended ones are not.',
  },
  {
    id: 'processes.tag-taken',
    source: 'ProcessSpec.tag',
    behaviour: 'A tag of a running process is refused with conflict, and free again after its end.',
  },
  {
    id: 'processes.signal-kinds',
    source: 'Process.signal',
    behaviour: 'SIGHUP, SIGINT, SIGUSR1, SIGTERM and SIGKILL arrive as themselves.',
  },
  {
    id: 'processes.signal-group',
    source: 'Process.signal',
    behaviour: 'A signal reaches the whole process group.',
  },
  {
    id: 'processes.signal-handled',
    source: 'Process.signal',
    behaviour: 'A process that handles a signal goes on and ends as it likes.',
  },
  {
    id: 'processes.signal-late',
    source: 'Process.signal',
    behaviour: 'A signal to a process that is over is no error.',
  },
  {
    id: 'processes.stop-and-continue',
    source: 'Process.signal',
    behaviour: 'SIGSTOP halts a process, SIGCONT lets it go on.',
  },
  {
    id: 'processes.duration',
    source: 'ProcessResult.durationMs',
    behaviour: 'The duration is the time from start to end in milliseconds.',
  },
  {
    id: 'processes.parallel',
    source: 'Processes.spawn',
    behaviour: 'Twenty processes at the same time each get their own arguments, output and exit code.',
  },
]
