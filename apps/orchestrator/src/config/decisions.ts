import { resolve } from 'node:path'
import { shippedPolicies } from '@caisson/router'
import { z } from 'zod'
import { flag, list, path } from './kinds.ts'

export const decisionsVariables = {
  CAISSON_POLICY: z
    .string()
    .min(1)
    .transform((value) => (Object.hasOwn(shippedPolicies, value) ? value : resolve(value)))
    .optional()
    .describe('default, strict, air-gapped, or a file (YAML, JSON or caisson.config.ts); read again when it changes'),
  CAISSON_CALLBACK_HOSTS: list
    .default([])
    .describe('Hosts (example.com, example.com:8443) at which a submission may ask to be called back; none without it'),
  CAISSON_HOOKS_PRIVATE: flag
    .default(false)
    .describe('Whether hooks and callbacks may be at loopback and private addresses'),
  CAISSON_HOST_FUNCTIONS: path.optional().describe('Module whose `hostFunctions` carry out what is placed on the host'),
}

/** By what is decided, who is told of it, and what carries out what is placed on the host. */
export interface DecisionsConfig {
  readonly policyFile: string | undefined
  readonly callbackHosts: readonly string[]
  readonly hooksPrivate: boolean
  readonly hostFunctionsModule: string | undefined
}

export function readDecisions(variables: z.output<z.ZodObject<typeof decisionsVariables>>): DecisionsConfig {
  return {
    policyFile: variables.CAISSON_POLICY,
    callbackHosts: variables.CAISSON_CALLBACK_HOSTS.map((host) => host.toLowerCase()),
    hooksPrivate: variables.CAISSON_HOOKS_PRIVATE,
    hostFunctionsModule: variables.CAISSON_HOST_FUNCTIONS,
  }
}
