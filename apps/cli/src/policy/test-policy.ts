import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { OperationError } from '@caisson/core'
import { parsePolicyTests, runPolicyTests, type PolicyTestResult } from '@caisson/router'
import { loadPolicy, shippedTable } from '@caisson/router/load'

/** What a policy says of every case of its table. */
export async function testPolicy(policy: string, table: string | undefined): Promise<readonly PolicyTestResult[]> {
  const loaded = await loadPolicy(policy)
  const path = table ?? shippedTable(policy) ?? tableBeside(policy)
  if (path === undefined) {
    throw new OperationError('invalid-operation', `there is no table of tests beside ${policy}`, {
      remedy: `write one next to it, such as policy.test.yaml next to policy.yaml, or name one after the policy`,
    })
  }
  return runPolicyTests(loaded, parsePolicyTests(await readText(path), path))
}

/** `policy.test.yaml` next to `policy.yaml`. */
function tableBeside(policy: string): string | undefined {
  const stem = policy.slice(0, policy.length - extname(policy).length)
  return ['.test.yaml', '.test.yml', '.test.json'].map((ending) => stem + ending).find((path) => existsSync(path))
}

export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new OperationError('invalid-operation', `${path} cannot be read`, { cause })
  }
}
