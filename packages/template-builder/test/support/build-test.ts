import { test } from 'vitest'
import { createWorkshop, type Workshop, whyNot } from './workshop.ts'

/** A test that builds templates, in a workshop of its own. Where nothing can be built it is skipped, with the reason. */
export const buildTest = test.extend<{ readonly workshop: Workshop }>({
  workshop: async ({ skip }, use) => {
    const reason = whyNot()
    if (reason !== undefined) skip(reason)
    await using workshop = createWorkshop()
    await use(workshop)
  },
})
