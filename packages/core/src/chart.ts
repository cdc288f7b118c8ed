import { z } from 'zod'

/** How an axis spreads its values. */
const scales = [
  'linear',
  'datetime',
  'categorical',
  'log',
  'symlog',
  'logit',
  'function',
  'functionlog',
  'asinh',
] as const

const label = z.string().nullish()
/** A number, a point in time (ISO 8601) or the name of a category. */
const coordinate = z.union([z.number(), z.string(), z.null()])
const ticks = z.array(coordinate)
const scale = z.enum(scales).catch('linear')

const titled = { title: label }
const flat = { ...titled, xLabel: label, yLabel: label, xUnit: label, yUnit: label }
const pointed = {
  ...flat,
  xTicks: ticks,
  xTickLabels: z.array(z.string()),
  xScale: scale,
  yTicks: ticks,
  yTickLabels: z.array(z.string()),
  yScale: scale,
  elements: z.array(z.object({ label: z.string(), points: z.array(z.tuple([coordinate, coordinate])) })),
}

const lineChartSchema = z.object({ type: z.literal('line'), ...pointed })
const scatterChartSchema = z.object({ type: z.literal('scatter'), ...pointed })
const barChartSchema = z.object({
  type: z.literal('bar'),
  ...flat,
  elements: z.array(z.object({ label: z.string(), group: z.string(), value: coordinate })),
})
const pieChartSchema = z.object({
  type: z.literal('pie'),
  ...titled,
  /** Angles in degrees; radii in parts of the pie. */
  elements: z.array(z.object({ label: z.string(), angle: z.number(), radius: z.number() })),
})
const boxChartSchema = z.object({
  type: z.literal('box_and_whisker'),
  ...flat,
  elements: z.array(
    z.object({
      label: z.string(),
      min: z.number(),
      firstQuartile: z.number(),
      median: z.number(),
      thirdQuartile: z.number(),
      max: z.number(),
      outliers: z.array(z.number()),
    }),
  ),
})
const unknownChartSchema = z.object({ type: z.literal('unknown'), ...titled })

const singleChartSchema = z.discriminatedUnion('type', [
  lineChartSchema,
  scatterChartSchema,
  barChartSchema,
  pieChartSchema,
  boxChartSchema,
  unknownChartSchema,
])

/** A drawn chart as data: what a figure shows, apart from how it looks. `superchart` is a figure with several axes. */
export const chartSchema = z.discriminatedUnion('type', [
  lineChartSchema,
  scatterChartSchema,
  barChartSchema,
  pieChartSchema,
  boxChartSchema,
  unknownChartSchema,
  z.object({ type: z.literal('superchart'), ...titled, elements: z.array(singleChartSchema) }),
])
export type Chart = z.infer<typeof chartSchema>
