import { homedir } from 'node:os'
import { join } from 'node:path'
import { mib } from '@caisson/core'
import { z } from 'zod'
import { list, path, portNumber, wholeNumber } from './kinds.ts'

export const servingVariables = {
  CAISSON_HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
  CAISSON_PORT: portNumber.default(7718).describe('Port to listen on; 0 is any free one'),
  CAISSON_ALLOWED_HOSTS: list.default([]).describe('Host names under which the service is known, separated by commas'),
  CAISSON_STATE_DIR: path.default(defaultStateDirectory()).describe('Where the service keeps what is its own'),
  CAISSON_BODY_LIMIT_MB: wholeNumber(1, 1024).default(64).describe('Largest request, in MiB'),
  CAISSON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('What to log'),
}

export interface ServingConfig {
  readonly host: string
  readonly port: number
  readonly allowedHosts: readonly string[]
  readonly stateDirectory: string
  readonly bodyLimitBytes: number
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

export function readServing(variables: z.output<z.ZodObject<typeof servingVariables>>): ServingConfig {
  return {
    host: variables.CAISSON_HOST,
    port: variables.CAISSON_PORT,
    allowedHosts: variables.CAISSON_ALLOWED_HOSTS,
    stateDirectory: variables.CAISSON_STATE_DIR,
    bodyLimitBytes: variables.CAISSON_BODY_LIMIT_MB * mib,
    logLevel: variables.CAISSON_LOG_LEVEL,
  }
}

function defaultStateDirectory(): string {
  if (process.getuid?.() === 0) return '/var/lib/caisson-orchestrator'
  return join(homedir(), '.local', 'state', 'caisson-orchestrator')
}
