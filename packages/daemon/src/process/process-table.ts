import { ConnectError } from '@caisson/wire-e2b'
import { asCString, asFields, asInteger } from '../fields.ts'
import { readMemoryLimit } from '../metrics.ts'
import type { Journal } from './journal.ts'
import {
  type ManagedProcess,
  type ProcessRequest,
  type ProcessResult,
  type ProcessSurroundings,
  retain,
  type RunningProcess,
  startProcess,
} from './managed-process.ts'

/** How long the result and the kept output of an ended process can still be asked for. */
const retentionMs = 10 * 60 * 1000
/** Memory for the output of all processes together, and the part of the sandbox's that it may be. Ended ones give way first. */
const maxJournalsBytes = 64 * 1024 * 1024
const journalsPart = 1 / 8
const maxRetained = 1000

export interface ProcessTable {
  readonly start: (request: ProcessRequest) => RunningProcess
  /** The process that a request's selector means, running or ended. */
  readonly find: (selector: unknown) => ManagedProcess
  /** As `find`, but an ended one is not found. */
  readonly findRunning: (selector: unknown) => RunningProcess
  readonly running: () => readonly RunningProcess[]
}

export function createProcessTable(): ProcessTable {
  const running = new Map<number, RunningProcess>()
  /** Oldest first. */
  const ended = new Map<number, ManagedProcess>()
  const journalsBytes = Math.min(maxJournalsBytes, (readMemoryLimit() ?? Infinity) * journalsPart)
  let heldBytes = 0

  const surroundings: ProcessSurroundings = {
    onGrowth: makeRoom,
    others: (self) =>
      [...running.values(), ...ended.values()].map(({ root }) => root).filter(({ marker }) => marker !== self.marker),
  }

  function makeRoom(writer: Journal, grownBytes: number): void {
    heldBytes += grownBytes
    if (heldBytes <= journalsBytes) return
    for (const journal of [...Array.from(ended.values(), (old) => old.journal), writer]) {
      const before = journal.costBytes
      journal.shrink(Math.max(0, before - (heldBytes - journalsBytes)))
      heldBytes -= before - journal.costBytes
      if (heldBytes <= journalsBytes) return
    }
  }

  function forget(managed: ManagedProcess | undefined): void {
    if (managed === undefined || ended.get(managed.pid) !== managed) return
    ended.delete(managed.pid)
    heldBytes -= managed.journal.costBytes
  }

  function retire(managed: RunningProcess, result: ProcessResult): void {
    running.delete(managed.pid)
    const retained = retain(managed, result, surroundings)
    ended.set(managed.pid, retained)
    setTimeout(() => forget(retained), retentionMs)
    if (ended.size > maxRetained) forget(ended.values().next().value)
  }

  /** Of two with the same tag the one that runs, else the one that ended last. */
  function findAmong<Process extends ManagedProcess>(
    processes: ReadonlyMap<number, Process>,
    selector: unknown,
  ): Process | undefined {
    const fields = asFields(selector, 'process')
    if (fields['tag'] === undefined) return processes.get(asInteger(1)(fields['pid'], 'process.pid'))
    const tag = asCString(fields['tag'], 'process.tag')
    return [...processes.values()].findLast((managed) => managed.tag === tag)
  }

  function unknown(selector: unknown): ConnectError {
    return new ConnectError('not_found', `there is no process ${JSON.stringify(selector)}`, 'ESRCH')
  }

  return {
    start: (request) => {
      if (request.tag !== undefined && findAmong(running, { tag: request.tag }) !== undefined)
        throw new ConnectError('already_exists', `a process with tag '${request.tag}' is running`, 'EBUSY')
      const managed = startProcess(request, surroundings)
      forget(ended.get(managed.pid))
      running.set(managed.pid, managed)
      void managed.ended.then((result) => retire(managed, result))
      return managed
    },
    find: (selector) => {
      const managed = findAmong(running, selector) ?? findAmong(ended, selector)
      if (managed === undefined) throw unknown(selector)
      return managed
    },
    findRunning: (selector) => {
      const managed = findAmong(running, selector)
      if (managed === undefined) throw unknown(selector)
      return managed
    },
    running: () => [...running.values()],
  }
}
