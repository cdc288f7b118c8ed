import type { Guard, PolicyDocument } from './policy-schema.ts'
import type { BackendSettings, Settings } from './settings-schema.ts'

/** Whose settings these are. Absent: everybody's. */
interface Subject {
  readonly organization?: string | undefined
  readonly agentType?: string | undefined
}

/** A backend that comes first among those that qualify. */
export interface Preference extends Subject {
  readonly backend: string
  /** Where the settings say so, as a path. */
  readonly source: string
}

export interface BackendRule extends Subject {
  readonly backend: string
  readonly settings: BackendSettings
  readonly source: string
}

export interface CompiledSettings {
  readonly guards: readonly Guard[]
  readonly preferences: readonly Preference[]
  readonly backends: readonly BackendRule[]
}

/** Settings in the terms of a policy: overrides as guards, backends as preferences, the most specific first. */
export function compileSettings({ settings, organizations }: PolicyDocument): CompiledSettings {
  const layers: readonly Layer[] = [
    ...Object.entries(organizations).map(([organization, own]) => ({
      organization,
      settings: own,
      source: `organizations.${organization}`,
    })),
    ...(settings === undefined ? [] : [{ settings, source: 'settings' }]),
  ]
  return {
    guards: layers.flatMap(guardsOf),
    preferences: [...layers.flatMap(preferencesOfAgents), ...layers.flatMap(defaultPreference)],
    backends: layers.flatMap(({ organization, settings: { backends }, source }) =>
      Object.entries(backends).map(([backend, own]) => ({
        organization,
        backend,
        settings: own,
        source: `${source}.backends.${backend}`,
      })),
    ),
  }
}

interface Layer {
  readonly organization?: string | undefined
  readonly settings: Settings
  readonly source: string
}

function guardsOf({ organization, settings, source }: Layer): readonly Guard[] {
  return Object.entries(settings.agentOverrides).flatMap(([agentType, { backend: _backend, ...then }]) =>
    Object.keys(then).length === 0
      ? []
      : [
          {
            id: `${source}.agentOverrides.${agentType}`,
            reason: 'agent-override',
            text: `The settings restrict agents of the type ${agentType}.`,
            when: { agentType, ...(organization === undefined ? {} : { organization }) },
            then,
          },
        ],
  )
}

function preferencesOfAgents({ organization, settings, source }: Layer): readonly Preference[] {
  return Object.entries(settings.agentOverrides).flatMap(([agentType, { backend }]) =>
    backend === undefined
      ? []
      : [{ organization, agentType, backend, source: `${source}.agentOverrides.${agentType}` }],
  )
}

function defaultPreference({ organization, settings: { defaultBackend }, source }: Layer): readonly Preference[] {
  return defaultBackend === undefined
    ? []
    : [{ organization, backend: defaultBackend, source: `${source}.defaultBackend` }]
}

/** Whether settings speak of such an operation. */
export function concerns(
  subject: Subject,
  facts: { readonly organization: string; readonly agentType: string | undefined },
): boolean {
  return (
    (subject.organization === undefined || subject.organization === facts.organization) &&
    (subject.agentType === undefined || subject.agentType === facts.agentType)
  )
}
