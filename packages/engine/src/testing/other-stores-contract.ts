import { type Approval, isOperationError, isSandboxError, OperationError } from '@caisson/core'
import { isTrue, same, type StoresFactory, type TestRunner } from './runner.ts'
import {
  acme,
  globex,
  sampleApproval,
  sampleArtifact,
  sampleLease,
  sampleRun,
  sampleSandbox,
  streamOf,
} from './samples.ts'

export function defineApprovalStoreContract({ describe, it }: TestRunner, fresh: StoresFactory): void {
  describe('approval store', () => {
    it('keeps an approval and hides it from other organizations', async () => {
      const { approvals } = await fresh()
      const approval = sampleApproval()
      await approvals.create(approval)
      same(await approvals.get(acme, approval.id), approval)
      same(await approvals.get(globex, approval.id), undefined)
      same(await approvals.list(globex), [])
      same(await approvals.update(globex, approval.id, (one) => ({ ...one, state: 'granted' })), undefined)
    })

    it('refuses an id twice', async () => {
      const { approvals } = await fresh()
      const approval = sampleApproval()
      await approvals.create(approval)
      const error: unknown = await approvals.create(approval).catch((caught: unknown) => caught)
      isTrue(isOperationError(error) && error.code === 'conflict', 'the second create is a conflict')
    })

    it('moves a state once, whoever comes first', async () => {
      const { approvals } = await fresh()
      const approval = sampleApproval()
      await approvals.create(approval)
      const answer = { state: 'granted', decidedBy: 'ann', reason: 'fine' } as const
      const grant = (one: Approval) => (one.state === 'pending' ? { ...one, ...answer } : undefined)
      const answers = await Promise.all(Array.from({ length: 8 }, () => approvals.update(acme, approval.id, grant)))
      const won = answers.filter((answer) => answer !== undefined)
      same(won, [{ ...approval, state: 'granted', decidedBy: 'ann', reason: 'fine' }])
      const use = (one: Approval): Approval | undefined =>
        one.state === 'granted' ? { ...one, state: 'used' } : undefined
      const used = await approvals.update(acme, approval.id, use)
      same(used?.decidedBy, 'ann')
      same(await approvals.update(acme, approval.id, use), undefined)
    })

    it('adds up what several people say at the same time', async () => {
      const { approvals } = await fresh()
      const approval = sampleApproval({ people: 2 })
      await approvals.create(approval)
      await Promise.all(
        ['ann', 'bob', 'cy', 'dee'].map(
          async (by) =>
            await approvals.update(acme, approval.id, (one) => ({
              ...one,
              grants: [...(one.grants ?? []), { by, reason: 'a\0b', atMs: 1 }],
            })),
        ),
      )
      const stored = await approvals.get(acme, approval.id)
      same(stored?.grants?.map(({ by }) => by).toSorted(), ['ann', 'bob', 'cy', 'dee'])
      same(stored?.grants?.[0]?.reason, 'a\0b')
    })

    it('changes nothing when the change throws', async () => {
      const { approvals } = await fresh()
      const approval = sampleApproval()
      await approvals.create(approval)
      const refused = new OperationError('forbidden', 'not you')
      const error: unknown = await approvals
        .update(acme, approval.id, () => {
          throw refused
        })
        .catch((caught: unknown) => caught)
      same(isOperationError(error) && error.code, 'forbidden')
      same(await approvals.get(acme, approval.id), approval)
    })

    it('lists by state, newest first', async () => {
      const { approvals } = await fresh()
      const first = sampleApproval({ requestedAtMs: 1 })
      const second = sampleApproval({ requestedAtMs: 2 })
      await approvals.create(first)
      await approvals.create(second)
      await approvals.update(acme, first.id, (one) => ({ ...one, state: 'denied' }))
      same(
        (await approvals.list(acme)).map(({ id }) => id),
        [second.id, first.id],
      )
      same(
        (await approvals.list(acme, { state: 'pending' })).map(({ id }) => id),
        [second.id],
      )
    })
  })
}

export function defineArtifactStoreContract({ describe, it }: TestRunner, fresh: StoresFactory): void {
  describe('artifact store', () => {
    it('keeps bytes with their size and hash', async () => {
      const { artifacts } = await fresh()
      const artifact = sampleArtifact()
      const stored = await artifacts.put(acme, artifact, streamOf('hello ', 'world'), 100)
      same(stored, {
        ...artifact,
        sizeBytes: 11,
        sha256: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
      })
      const read = await artifacts.read(acme, artifact.id)
      same(read?.artifact, stored)
      same(await new Response(read?.data).text(), 'hello world')
    })

    it('hides artifacts of other organizations', async () => {
      const { artifacts } = await fresh()
      const artifact = sampleArtifact()
      await artifacts.put(acme, artifact, streamOf('x'), 100)
      same(await artifacts.read(globex, artifact.id), undefined)
    })

    it('refuses what is too large and leaves nothing behind', async () => {
      const { artifacts } = await fresh()
      const artifact = sampleArtifact()
      const error: unknown = await artifacts
        .put(acme, artifact, streamOf('12345', '67890'), 9)
        .catch((caught: unknown) => caught)
      isTrue(isSandboxError(error) && error.code === 'too-large', 'the error is too-large')
      same(await artifacts.read(acme, artifact.id), undefined)
    })

    it('leaves nothing behind when the stream fails', async () => {
      const { artifacts } = await fresh()
      const artifact = sampleArtifact()
      const failing = ReadableStream.from(
        (async function* () {
          yield new TextEncoder().encode('half')
          throw new Error('gone')
        })(),
      )
      const error: unknown = await artifacts.put(acme, artifact, failing, 100).catch((caught: unknown) => caught)
      isTrue(error instanceof Error, 'the failure is told')
      same(await artifacts.read(acme, artifact.id), undefined)
    })

    it('keeps an empty file', async () => {
      const { artifacts } = await fresh()
      const artifact = sampleArtifact()
      same((await artifacts.put(acme, artifact, streamOf(), 0)).sizeBytes, 0)
      same(await new Response((await artifacts.read(acme, artifact.id))?.data).text(), '')
    })
  })
}

export function defineLeaseStoreContract({ describe, it }: TestRunner, fresh: StoresFactory): void {
  describe('lease store', () => {
    it('follows a lease from intent to end', async () => {
      const { leases } = await fresh()
      const lease = sampleLease()
      const sandbox = sampleSandbox()
      await leases.open(lease)
      same(await leases.listByRun(acme, lease.run), [lease])
      await leases.attach(acme, lease.id, sandbox)
      same(await leases.listOpen(acme), [{ ...lease, sandbox }])
      same(await leases.findOpenBySandbox('memory', sandbox), { ...lease, sandbox })
      same(await leases.findOpenBySandbox('other', sandbox), undefined)
      same(await leases.end(acme, lease.id, 2_000), 1)
      same(await leases.end(acme, lease.id, 9_000), 1)
      same(await leases.listOpen(acme), [])
      same(await leases.findOpenBySandbox('memory', sandbox), undefined)
      same(await leases.listByRun(acme, lease.run), [{ ...lease, sandbox, endedAtMs: 2_000, costUsd: 1 }])
    })

    it('hides leases of other organizations and does not let them end one', async () => {
      const { leases } = await fresh()
      const lease = sampleLease()
      await leases.open(lease)
      same(await leases.end(globex, lease.id, 2_000), 0)
      await leases.pause(globex, lease.id, 1_500)
      await leases.prolong(globex, lease.id, 90_000)
      await leases.seen([{ organization: globex, id: lease.id }], 1_500)
      same(await leases.listOpen(globex), [])
      same(await leases.listByRun(globex, lease.run), [])
      same(await leases.listOpen(acme), [lease])
      same((await leases.listAllOpen(10)).at(0)?.seenAtMs, undefined)
    })

    it('costs nothing when no sandbox came of it', async () => {
      const { leases } = await fresh()
      const lease = sampleLease()
      await leases.open(lease)
      same(await leases.end(acme, lease.id, 2_000), 0)
    })

    it('bills pauses at their own price, once however often they are told', async () => {
      const { leases } = await fresh()
      const lease = sampleLease()
      await leases.open(lease)
      await leases.attach(acme, lease.id, sampleSandbox())
      await leases.resume(acme, lease.id, 1_500)
      await leases.pause(acme, lease.id, 2_000)
      await leases.pause(acme, lease.id, 3_000)
      same((await leases.listOpen(acme))[0]?.pauses, [{ fromAtMs: 2_000 }])
      await leases.resume(acme, lease.id, 12_000)
      await leases.resume(acme, lease.id, 13_000)
      same((await leases.listOpen(acme))[0]?.pauses, [{ fromAtMs: 2_000, untilAtMs: 12_000 }])
      // One second running, ten paused at a tenth of that, and one running.
      same(await leases.end(acme, lease.id, 13_000), 3)
    })

    it('lets one lease take the place of another', async () => {
      const { leases } = await fresh()
      const sandbox = sampleSandbox()
      const lease = sampleLease()
      await leases.open(lease)
      await leases.attach(acme, lease.id, sandbox)
      const next = sampleLease({ startedAtMs: 3_000, sandbox })
      same(await leases.takeOver(next, { ...lease, sandbox }), 2)
      same(await leases.listOpen(acme), [next])
      same((await leases.listByRun(acme, lease.run))[0]?.costUsd, 2)
    })

    it('reckons with what was stored when one lease takes the place of another', async () => {
      const { leases } = await fresh()
      const lease = sampleLease()
      const sandbox = sampleSandbox()
      await leases.open(lease)
      await leases.attach(acme, lease.id, sandbox)
      await leases.pause(acme, lease.id, 2_000)
      const next = sampleLease({ startedAtMs: 12_000, sandbox })
      same(await leases.takeOver(next, lease), 2)
      const last = sampleLease({ startedAtMs: 14_000, sandbox })
      same(await leases.takeOver(last, lease), 2)
      same(
        (await leases.listOpen(acme)).map(({ id }) => id),
        [next.id, last.id],
      )
    })

    it('tells recovery what lasts, how long it may, and when it was last seen', async () => {
      const { leases } = await fresh()
      const mine = sampleLease()
      const theirs = sampleLease({ organization: globex, startedAtMs: 2_000 })
      for (const lease of [mine, theirs]) await leases.open(lease)
      await leases.prolong(acme, mine.id, 99_000)
      await leases.seen([mine], 5_000)
      same(await leases.listAllOpen(10), [{ ...mine, expiresAtMs: 99_000, seenAtMs: 5_000 }, theirs])
    })
  })
}

export function defineAuditStoreContract({ describe, it }: TestRunner, fresh: StoresFactory): void {
  describe('audit store', () => {
    it('keeps events per organization and run, newest first', async () => {
      const { audit } = await fresh()
      const { run } = sampleRun()
      const other = sampleRun().run
      const event = (id: typeof run.id, atMs: number) =>
        ({ organization: acme, run: id, atMs, action: 'run.submitted', details: { kind: 'command.run' } }) as const
      await audit.append(event(run.id, 1))
      await audit.append(event(other.id, 2))
      await audit.append({ ...event(run.id, 3), action: 'run.finished', actor: 'agent-1' })
      same(
        (await audit.list(acme)).map(({ atMs }) => atMs),
        [3, 2, 1],
      )
      same(
        (await audit.list(acme, { run: run.id, limit: 1 })).map(({ actor }) => actor),
        ['agent-1'],
      )
      same(await audit.list(globex), [])
    })
  })
}

export function defineOwnerStoreContract({ describe, it }: TestRunner, fresh: StoresFactory): void {
  describe('owner store', () => {
    it('tells the living from the dead', async () => {
      const { owners } = await fresh()
      await owners.beat('one', 1_000)
      await owners.beat('two', 1_000)
      await owners.beat('one', 2_000)
      same((await owners.listAlive(500)).toSorted(), ['one', 'two'])
      same(await owners.listAlive(1_000), ['one'])
      await owners.remove('one')
      await owners.remove('one')
      same(await owners.listAlive(500), ['two'])
    })
  })
}
