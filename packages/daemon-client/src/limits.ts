import { kib, mib, secondMs } from '@caisson/core'

/** What the client accepts from a daemon, which is never trusted. */
export const limits = {
  headerBytes: 16 * kib,
  /** Body of an answer that is read as a whole. */
  answerBytes: 32 * mib,
  /** One message of a stream. */
  messageBytes: 4 * mib,
  /** One event of a cell: a result carries its images. */
  codeEventBytes: 64 * mib,
  /** Output held for a reader that is slower than the process. */
  bufferedOutputBytes: 256 * kib,
  /** For calls that the daemon answers by itself, when the caller sets no deadline. */
  callMs: 30 * secondMs,
  /** For a kernel to start, when the caller sets no deadline. */
  startKernelMs: 60 * secondMs,
  /** The daemon is asked for a sign of life this often while a stream is idle … */
  keepaliveSeconds: 15,
  /** … and a stream that stays silent for this long counts as lost. */
  silenceMs: 45 * secondMs,
  /** After a lost connection the sandbox is looked at this often, to tell one that is gone from a daemon that cannot be reached … */
  goneLooks: 4,
  /** … with this much time between. */
  goneLookMs: 50,
  /** How often in a row a lost stream is taken up again without any progress. */
  resumeAttempts: 5,
  /** How often it is looked whether a paused sandbox goes on. */
  pausePollMs: 500,
} as const
