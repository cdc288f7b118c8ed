import { z } from 'zod'
import { wholeNumber } from './kinds.ts'

export const databaseVariables = {
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must look like postgres://user:password@host:5432/database' })
    .optional()
    .describe('A Postgres 15 or newer; without it the service runs its own'),
  CAISSON_DATABASE_CONNECTIONS: wholeNumber(2, 500).default(16).describe('Connections to the database at one time'),
}

export interface DatabaseConfig {
  readonly databaseUrl: string | undefined
  readonly databaseConnections: number
}

export function readDatabase(variables: z.output<z.ZodObject<typeof databaseVariables>>): DatabaseConfig {
  return { databaseUrl: variables.DATABASE_URL, databaseConnections: variables.CAISSON_DATABASE_CONNECTIONS }
}
