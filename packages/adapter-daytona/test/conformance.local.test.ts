import { defineConformance } from '@caisson/conformance'
import { afterAll, beforeAll, describe, it } from 'vitest'
import target from './conformance-target.ts'

defineConformance(target, { describe, it, beforeAll, afterAll })
