import type { AdapterCapabilities } from '@caisson/core'
import type { Engine } from './engine.ts'
import type { ImageSource } from './image.ts'
import type { SecretBox } from './options.ts'

/** What everything in one adapter shares. */
export interface Context {
  readonly engine: Engine
  readonly namespace: string
  readonly capabilities: AdapterCapabilities
  readonly images: ImageSource
  readonly runtime: string | undefined
  readonly connection: 'direct' | 'exec' | undefined
  /** Whether the engine is reached in a way that can only lead to this machine. */
  readonly local: boolean
  readonly secretBox: SecretBox | undefined
}
