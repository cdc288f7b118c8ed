import type { PolicyInput } from '../policy-schema.ts'

/** What one has to reach for packages. Mirrors of one's own belong into one's own policy. */
export const registries: NonNullable<PolicyInput['registries']> = {
  pypi: ['pypi.org:443', 'files.pythonhosted.org:443'],
}
