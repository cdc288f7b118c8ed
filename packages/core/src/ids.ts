import { z } from 'zod'

const identifier = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/,
    'use 1 to 128 letters, digits, "_", "." or "-", starting with a letter or digit',
  )

/** Names a sandbox. Unique per adapter, unguessable (at least 122 random bits) when Caisson makes it. */
export const sandboxIdSchema = identifier.brand<'SandboxId'>()
export type SandboxId = z.infer<typeof sandboxIdSchema>

/** Names one run. Callers may choose it to make a submission idempotent. */
export const runIdSchema = identifier.brand<'RunId'>()
export type RunId = z.infer<typeof runIdSchema>

/** Names a tenant: the owner of keys, quotas, budgets, sandboxes, runs and artifacts. */
export const organizationIdSchema = identifier.brand<'OrganizationId'>()
export type OrganizationId = z.infer<typeof organizationIdSchema>

export const artifactIdSchema = identifier.brand<'ArtifactId'>()
export type ArtifactId = z.infer<typeof artifactIdSchema>

export const leaseIdSchema = identifier.brand<'LeaseId'>()
export type LeaseId = z.infer<typeof leaseIdSchema>

export const decisionIdSchema = identifier.brand<'DecisionId'>()
export type DecisionId = z.infer<typeof decisionIdSchema>

export const approvalIdSchema = identifier.brand<'ApprovalId'>()
export type ApprovalId = z.infer<typeof approvalIdSchema>

const alphabet = '0123456789abcdefghijklmnopqrstuv'

/**
 * A fresh identifier of 26 lower-case letters and digits (130 random bits), so that it suits host names,
 * file names and every vendor's id rule. `prefix` helps a reader of logs and must itself be lower-case letters.
 */
export function freshId(prefix = ''): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(26))
  return prefix + Array.from(bytes, (byte) => alphabet.charAt(byte & 31)).join('')
}
