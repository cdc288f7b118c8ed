/** Where the scenario runs: what the service is told about it. Disposing stops what was started for it. */
export interface Place extends AsyncDisposable {
  /** Variables for the service. */
  readonly environment: Readonly<Record<string, string>>
}

/** Told what is being done, before it is. */
export type OnStage = (text: string) => void
