import type { Requirement } from '../requirement.ts'

export const limitRequirements: readonly Requirement[] = [
  {
    id: 'limits.timeout',
    source: 'ProcessSpec.timeoutMs',
    behaviour: 'A process that runs too long ends as timed-out, close to its limit.',
  },
  {
    id: 'limits.timeout-tree',
    source: 'ProcessSpec.timeoutMs',
    behaviour: 'The time limit kills everything that was started, background children and new sessions included.',
  },
  {
    id: 'limits.timeout-partial',
    source: 'Architecture 5',
    behaviour: 'Output from before the time limit is kept.',
  },
  {
    id: 'limits.timeout-first-cause',
    source: 'ProcessOutcome',
    behaviour: 'A process that is ended by its time limit is timed-out, whatever it makes of the signal.',
  },
  {
    id: 'limits.timeout-unattended',
    source: 'ProcessSpec.timeoutMs',
    behaviour: 'The time limit holds while nobody is connected.',
    needs: ['attach'],
  },
  {
    id: 'limits.output',
    source: 'ProcessSpec.outputLimitBytes',
    behaviour: 'A process that writes too much ends as output-limit, with what it wrote up to there.',
  },
  {
    id: 'limits.output-all-streams',
    source: 'ProcessSpec.outputLimitBytes',
    behaviour: 'The output limit counts both streams together.',
  },
  {
    id: 'limits.output-below',
    source: 'ProcessSpec.outputLimitBytes',
    behaviour: 'A process that stays below its output limit ends as usual.',
  },
  {
    id: 'limits.memory',
    source: 'Resources.memoryBytes',
    behaviour: 'A process that takes too much memory ends as out-of-memory.',
    needs: ['memory'],
  },
  {
    id: 'limits.memory-survives',
    source: 'Resources.memoryBytes',
    behaviour: 'The sandbox goes on after a process ran out of memory, and a kill after it is told as a kill.',
    needs: ['memory'],
  },
  {
    id: 'limits.pids',
    source: 'Resources.pids',
    behaviour: 'No more processes than allowed, and the sandbox is usable when they are gone.',
    needs: ['pids'],
  },
  {
    id: 'limits.disk',
    source: 'Resources.diskBytes',
    behaviour: 'Processes cannot write more than the disk holds, and removing gives the room back.',
    needs: ['disk'],
  },
  {
    id: 'limits.disk-files',
    source: 'Files.write',
    behaviour: 'Writing a file on a full disk is no-space.',
    needs: ['disk'],
  },
  {
    id: 'limits.cpus',
    source: 'Resources.cpus',
    behaviour: 'Busy processes get no more CPU time than allowed.',
    needs: ['cpus'],
  },
  {
    id: 'limits.unsupported',
    source: 'limitKinds',
    behaviour: 'A limit that is not declared is refused with unsupported, and nothing is left.',
  },
]

export const cancellationRequirements: readonly Requirement[] = [
  {
    id: 'cancellation.outcome',
    source: 'Process.cancel',
    behaviour: 'A cancelled process ends as cancelled, also when asked twice.',
  },
  {
    id: 'cancellation.tree',
    source: 'Process.cancel',
    behaviour: 'Cancelling kills everything that was started, background children and new sessions included.',
  },
  {
    id: 'cancellation.partial',
    source: 'Architecture 5',
    behaviour: 'Output from before the cancellation is kept.',
  },
  {
    id: 'cancellation.too-late',
    source: 'ProcessOutcome',
    behaviour: 'Cancelling after the end changes nothing.',
  },
  {
    id: 'cancellation.run',
    source: 'runProcess',
    behaviour: 'Aborting a run gives a result that says cancelled and keeps its output.',
  },
  {
    id: 'cancellation.spawn-aborted',
    source: 'CallOptions.signal',
    behaviour: 'A spawn that is aborted before it starts rejects with cancelled and starts nothing.',
  },
  {
    id: 'cancellation.wait-aborted',
    source: 'CallOptions.signal',
    behaviour: 'Aborting a wait rejects with cancelled and leaves the process alone.',
  },
  {
    id: 'cancellation.wait-late',
    source: 'CallOptions.deadline',
    behaviour: 'A wait whose deadline passes rejects with timeout and leaves the process alone.',
  },
  {
    id: 'cancellation.calls-late',
    source: 'CallOptions.deadline',
    behaviour: 'Calls whose deadline has passed reject with timeout and change nothing.',
  },
  {
    id: 'cancellation.calls-aborted',
    source: 'CallOptions.signal',
    behaviour: 'Calls whose signal is aborted reject with cancelled and change nothing.',
  },
  {
    id: 'cancellation.write-aborted',
    source: 'CallOptions.signal',
    behaviour: 'Aborting the write of an endless stream rejects with cancelled, and the sandbox goes on.',
  },
  {
    id: 'cancellation.read-left',
    source: 'Files.read',
    behaviour: 'A reader that leaves a file in the middle does no harm.',
  },
]
