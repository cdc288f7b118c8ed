import { type AdapterCapabilities, type Feature, hourMs, type Price } from '@caisson/core'
import type { DaytonaAdapterOptions, DaytonaTemplate } from './options.ts'

const listPrice: Price = {
  currency: 'USD',
  perCpuHour: 0.0504,
  perGibHour: 0.0162,
  // What is stopped costs its disk alone.
  perPausedGibHour: 0,
  perDiskGibHour: 0.000108,
  source: 'https://www.daytona.io/pricing, without the 5 GiB that cost nothing',
  asOf: '2026-05-25',
}

export const defaultTemplates: Readonly<Record<string, DaytonaTemplate>> = {
  python: { image: 'python:3.13-slim-bookworm' },
  node: { image: 'node:24-bookworm-slim' },
}

export function capabilities(options: DaytonaAdapterOptions): AdapterCapabilities {
  const templates = options.templates ?? defaultTemplates
  const egress: readonly Feature[] = options.egress === 'web' ? ['egress-allow'] : []
  // The size of one sandbox is held only where it is made of an image.
  const isSized = Object.values(templates).every((template) => 'image' in template)
  return {
    isolation: options.isolation ?? 'container',
    features: ['terminal', 'attach', 'ports', 'volumes', ...egress],
    limits: isSized ? ['cpus', 'memory', 'disk'] : [],
    templates: Object.keys(templates),
    maxTtlMs: options.maxTtlMs ?? 24 * hourMs,
    locality: options.locality ?? 'remote',
    price: options.price ?? listPrice,
  }
}
