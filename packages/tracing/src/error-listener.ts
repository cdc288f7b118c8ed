/** Told of everything that goes wrong inside a sink. */
export type ErrorListener = (error: unknown) => void

/** A listener that cannot do harm: a listener that throws is ignored, as is a missing one. */
export function harmless(listener: ErrorListener | undefined): ErrorListener {
  return (error) => {
    try {
      listener?.(error)
    } catch {
      // There is nobody left to tell.
    }
  }
}
