import { expect, test } from 'vitest'
import { parseStatus } from '../src/toolbox/git/status.ts'

test('tells branch, distance to its upstream, and every kind of change', () => {
  const entries = [
    '# branch.oid 1234',
    '# branch.head main',
    '# branch.upstream origin/main',
    '# branch.ab +2 -1',
    '1 .M N... 100644 100644 100644 aa bb changed here.txt',
    '2 R. N... 100644 100644 100644 aa bb R100 new name.txt',
    'old name.txt',
    'u UU N... 100644 100644 100644 100644 aa bb cc both.txt',
    '? stray',
  ]
  expect(parseStatus(`${entries.join('\0')}\0`)).toEqual({
    currentBranch: 'main',
    upstream: 'origin/main',
    branchPublished: true,
    ahead: 2,
    behind: 1,
    fileStatus: [
      { name: 'changed here.txt', staging: 'Unmodified', worktree: 'Modified', extra: '' },
      { name: 'new name.txt', staging: 'Renamed', worktree: 'Unmodified', extra: 'old name.txt' },
      { name: 'both.txt', staging: 'Updated but unmerged', worktree: 'Updated but unmerged', extra: '' },
      { name: 'stray', staging: 'Untracked', worktree: 'Untracked', extra: '' },
    ],
  })
})

test('a head that is on no branch is told as such', () => {
  expect(parseStatus('# branch.head (detached)\0')).toMatchObject({ currentBranch: 'HEAD', detached: true })
})
