import { type CaissonClient, createClient } from '@caisson/client'
import { isOperationError, isSandboxError, toErrorData } from '@caisson/core'
import type { Command } from 'commander'
import { readConfig } from './config.ts'
import type { Machine } from './doctor/machine.ts'
import { exitCodeOfError, exitCodes } from './exit-codes.ts'
import type { Terminal } from './output/terminal.ts'

/** What a command works with. */
export interface Session {
  /** Connected on first use: some commands need no service. */
  readonly client: CaissonClient
  /** The service, when it was named on the command line. */
  readonly url: string | undefined
  readonly terminal: Terminal
  readonly json: boolean
  /** Aborts when the person gives up (Ctrl-C, SIGTERM). */
  readonly signal: AbortSignal
  /** The result: the data as JSON, or what is for people. */
  readonly show: (data: unknown, text: () => string) => void
}

/** What the command line works with, given from outside so that tests can be it. */
export interface Surroundings {
  readonly terminal: Terminal
  readonly signal: AbortSignal
  readonly connect: (url: string | undefined) => CaissonClient
  /** What the doctor looks at. Default: this machine. */
  readonly machine?: Machine | undefined
  /** Told how to end. */
  readonly end: (exitCode: number) => void
}

export function systemConnect(url: string | undefined): CaissonClient {
  return createClient(readConfig(url))
}

type Work<Parameters extends unknown[]> = (session: Session, ...parameters: Parameters) => Promise<number | void>

/** Wraps the work of a command: opens its session, turns what it throws into a message with a remedy, and ends with its code. */
export function command<Parameters extends unknown[]>(
  surroundings: Surroundings,
  work: Work<Parameters>,
): (...parameters: [...Parameters, Command]) => Promise<void> {
  const { terminal, signal, connect, end } = surroundings
  return async (...given) => {
    const self = given.at(-1) as Command
    const { json = false, url } = self.optsWithGlobals<{ json?: boolean; url?: string }>()
    try {
      let client: CaissonClient | undefined
      const session: Session = {
        get client() {
          client ??= connect(url)
          return client
        },
        url,
        terminal,
        json,
        signal,
        show: (data, text) => terminal.out(json ? `${JSON.stringify(data, undefined, 2)}\n` : `${text()}\n`),
      }
      end((await work(session, ...(given.slice(0, -1) as Parameters))) ?? exitCodes.ok)
    } catch (error) {
      showError(terminal, error, json)
      end(exitCodeOfError(error))
    }
  }
}

export function showError({ out, err, colors }: Terminal, error: unknown, json: boolean): void {
  const data = toErrorData(error)
  if (json) {
    out(`${JSON.stringify({ error: data }, undefined, 2)}\n`)
    return
  }
  err(`${colors.red('caisson:')} ${data.message}\n`)
  if (data.remedy !== undefined) err(`  ${data.remedy}\n`)
  if (!isOperationError(error) && !isSandboxError(error) && error instanceof Error) err(`${error.stack}\n`)
}
