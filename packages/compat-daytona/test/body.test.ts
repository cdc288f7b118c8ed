import { expect, test } from 'vitest'
import { z } from 'zod'
import { bodyOf } from '../src/http/body.ts'

interface Dto {
  readonly name: string
  readonly size?: number
}

test("a shape that leaves out a field of Daytona's, or refuses what Daytona allows, does not compile", () => {
  const whole = bodyOf<Dto>()({ name: z.string(), size: z.number().optional() })
  expect(whole.parse({ name: 'x', size: 1, other: true })).toEqual({ name: 'x', size: 1 })
  // @ts-expect-error `size` is not named
  bodyOf<Dto>()({ name: z.string() })
  // @ts-expect-error `size` may be left out
  bodyOf<Dto>()({ name: z.string(), size: z.number() })
  // @ts-expect-error `size` is a number
  bodyOf<Dto>()({ name: z.string(), size: z.string().optional() })
})
