/** Signal names and their numbers on Linux. */
export const signalNumbers = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGABRT: 6,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGWINCH: 28,
} as const

export type SignalName = keyof typeof signalNumbers

/** `TERM`, `SIGTERM` or `15` as a name. */
export function parseSignal(text: string): SignalName | undefined {
  return signalNames.find((name) => name === text || name === `SIG${text}` || String(signalNumbers[name]) === text)
}

const signalNames = Object.keys(signalNumbers).filter((name): name is SignalName => name in signalNumbers)

/** Signals that do nothing unless somebody handles them. */
export const ignoredByDefault: ReadonlySet<SignalName> = new Set(['SIGCHLD', 'SIGCONT', 'SIGWINCH'])
