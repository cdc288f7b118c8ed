import type { Chart } from '@caisson/core'
import type { Chart as ChartDto, ChartElement } from '@daytona/toolbox-api-client'

/** A chart in Daytona's words. */
export function toDaytonaChart(chart: Chart, png: string | undefined): ChartDto {
  return {
    type: chart.type === 'superchart' ? 'composite_chart' : chart.type,
    title: chart.title ?? '',
    ...(png === undefined ? {} : { png }),
    ...axesOf(chart),
    elements: elementsOf(chart),
  }
}

function axesOf(chart: Chart): ChartDto {
  if (chart.type === 'pie' || chart.type === 'unknown' || chart.type === 'superchart') return {}
  const labels = { x_label: chart.xLabel ?? '', y_label: chart.yLabel ?? '' }
  if (chart.type !== 'line' && chart.type !== 'scatter') return labels
  return {
    ...labels,
    x_ticks: numbers(chart.xTicks),
    x_tick_labels: chart.xTickLabels,
    x_scale: chart.xScale,
    y_ticks: numbers(chart.yTicks),
    y_tick_labels: chart.yTickLabels,
    y_scale: chart.yScale,
  }
}

function elementsOf(chart: Chart): ChartElement[] {
  switch (chart.type) {
    case 'line':
    case 'scatter':
      return chart.elements.map(({ label, points }) => ({ label, points: points.map((point) => numbers(point)) }))
    case 'bar':
      return chart.elements.map(({ label, group, value }) => ({ label, group, value: String(value ?? '') }))
    case 'pie':
      return chart.elements
    case 'box_and_whisker':
      return chart.elements.map(({ label, min, firstQuartile, median, thirdQuartile, max, outliers }) => ({
        label,
        min,
        median,
        max,
        outliers,
        first_quartile: firstQuartile,
        third_quartile: thirdQuartile,
      }))
    case 'superchart':
      return chart.elements.map((element) => {
        const { elements: _nested, ...plain } = toDaytonaChart(element, undefined)
        const { type = '', title = '', x_label = '', y_label = '' } = plain
        return { type, title, x_label, y_label }
      })
    case 'unknown':
      return []
  }
}

/** Points in time become milliseconds; what is no number is left out. */
function numbers(values: readonly (number | string | null)[]): number[] {
  return values
    .map((value) => (typeof value === 'string' ? Date.parse(value) : (value ?? Number.NaN)))
    .filter((value) => Number.isFinite(value))
}
