import type { Requirement } from '../requirement.ts'

export const streamRequirements: readonly Requirement[] = [
  {
    id: 'streams.separate',
    source: 'OutputChunk.stream',
    behaviour: 'Standard output and standard error are told apart.',
  },
  {
    id: 'streams.order',
    source: 'OutputChunk',
    behaviour: 'Pieces of both streams come in the order in which they were written.',
  },
  {
    id: 'streams.offsets',
    source: 'OutputChunk.offset',
    behaviour: 'Offsets count all streams together, from 0 and without gap.',
  },
  {
    id: 'streams.early',
    source: 'Process.output',
    behaviour: 'Output arrives while the process still runs.',
  },
  {
    id: 'streams.last-words',
    source: 'Process.output',
    behaviour: 'What is written right before the end is delivered before the stream ends.',
  },
  {
    id: 'streams.empty',
    source: 'Process.output',
    behaviour: 'A process without output gives a stream that ends without a piece.',
  },
  {
    id: 'streams.binary',
    source: 'OutputChunk.bytes',
    behaviour: 'A megabyte of random bytes comes out unharmed.',
  },
  {
    id: 'streams.invalid-utf8',
    source: 'OutputChunk.bytes',
    behaviour: 'Bytes that are no UTF-8 and characters cut in two arrive as they were.',
  },
  {
    id: 'streams.large-slow',
    source: 'Process.output',
    behaviour: 'Twenty megabytes reach a slow reader complete when the journal is large enough.',
  },
  {
    id: 'streams.long-line',
    source: 'Process.output',
    behaviour: 'A line of five megabytes comes out whole.',
  },
  {
    id: 'streams.many-lines',
    source: 'Process.output',
    behaviour: 'Twenty thousand lines come out complete and in order.',
  },
  {
    id: 'streams.reader-leaves',
    source: 'Process.output',
    behaviour: 'Cancelling the stream leaves the process alone.',
  },
  {
    id: 'streams.total',
    source: 'ProcessResult.outputBytes',
    behaviour: 'The result counts all output bytes of both streams.',
  },
]

export const attachRequirements: readonly Requirement[] = [
  {
    id: 'attach.by-pid',
    source: 'Processes.attach',
    behaviour: 'A running process is found by pid and its output replayed from the start.',
    needs: ['attach'],
  },
  {
    id: 'attach.by-tag',
    source: 'Processes.attach',
    behaviour: 'A running process is found by its tag.',
    needs: ['attach'],
  },
  {
    id: 'attach.from-offset',
    source: 'Processes.attach',
    behaviour: 'Replay starts exactly at the asked-for offset, and offsets go on from there.',
    needs: ['attach'],
  },
  {
    id: 'attach.ended',
    source: 'Processes.attach',
    behaviour: 'An ended process keeps its result and its output.',
    needs: ['attach'],
  },
  {
    id: 'attach.several-readers',
    source: 'Process.output',
    behaviour: 'Several readers at the same time each get all output.',
    needs: ['attach'],
  },
  {
    id: 'attach.other-instance',
    source: 'Process',
    behaviour: 'Another instance attaches after the first handle was detached, and no output is lost.',
    needs: ['attach'],
  },
  {
    id: 'attach.control',
    source: 'Processes.attach',
    behaviour: 'Signals sent through an attached handle reach the process.',
    needs: ['attach'],
  },
  {
    id: 'attach.input',
    source: 'Process.stdin',
    behaviour: 'A process takes input, and the end of it, through an attached handle of another instance.',
    needs: ['attach'],
  },
  {
    id: 'attach.terminal',
    source: 'Process.stdin',
    behaviour: 'What is typed through an attached handle reaches a terminal, and so does a new size.',
    needs: ['attach', 'terminal'],
  },
  {
    id: 'attach.journal-skips',
    source: 'ProcessSpec.journalBytes',
    behaviour: 'A late reader gets the latest output that fits the journal, and sees by the offset what was skipped.',
    needs: ['attach'],
  },
  {
    id: 'attach.unknown',
    source: 'Processes.attach',
    behaviour: 'A pid or tag that nobody has is process-not-found.',
    needs: ['attach'],
  },
]

export const terminalRequirements: readonly Requirement[] = [
  {
    id: 'terminal.is-terminal',
    source: 'ProcessSpec.terminal',
    behaviour: 'All three standard descriptors are a terminal.',
    needs: ['terminal'],
  },
  {
    id: 'terminal.stream',
    source: 'ProcessSpec.terminal',
    behaviour: 'Output comes as terminal pieces, both streams in one.',
    needs: ['terminal'],
  },
  {
    id: 'terminal.size',
    source: 'TerminalSize',
    behaviour: 'The terminal has the size that was asked for.',
    needs: ['terminal'],
  },
  {
    id: 'terminal.resize',
    source: 'Process.resize',
    behaviour: 'A new size is seen by the process, which gets SIGWINCH.',
    needs: ['terminal'],
  },
  {
    id: 'terminal.typing',
    source: 'ProcessSpec.terminal',
    behaviour: 'What is typed is echoed and reaches the process, without asking for stdin.',
    needs: ['terminal'],
  },
  {
    id: 'terminal.interrupt',
    source: 'ProcessSpec.terminal',
    behaviour: 'Typing Ctrl-C interrupts the program in the foreground.',
    needs: ['terminal'],
  },
  {
    id: 'terminal.end-of-file',
    source: 'ProcessSpec.terminal',
    behaviour: 'Typing Ctrl-D ends the input.',
    needs: ['terminal'],
  },
  {
    id: 'terminal.exit-code',
    source: 'ProcessOutcome',
    behaviour: 'A process on a terminal ends with its own exit code.',
    needs: ['terminal'],
  },
  {
    id: 'terminal.resize-without',
    source: 'Process.resize',
    behaviour: 'Resizing a process without a terminal is unsupported.',
  },
]
