import { describe, it } from 'vitest'
import { createMemoryStores } from '../src/index.ts'
import { defineStoresContract } from '../src/testing.ts'

defineStoresContract({ describe, it }, async () => createMemoryStores())
