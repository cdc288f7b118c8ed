import { type AdapterCapabilities, type Feature, hourMs, type Price } from '@caisson/core'
import type { E2bAdapterOptions } from './options.ts'

const listPrice: Price = {
  currency: 'USD',
  perCpuHour: 0.0504,
  perGibHour: 0.0162,
  source: 'https://e2b.dev/docs/faq/calculate-sandbox-price',
  asOf: '2026-08-20',
}

export const defaultTemplates: Readonly<Record<string, string>> = {
  'code-interpreter': 'code-interpreter-v1',
  base: 'base',
}

/** E2B's sandboxes have the size of their template: no limit is held for one sandbox alone. */
export function capabilities(options: E2bAdapterOptions): AdapterCapabilities {
  const egress: readonly Feature[] =
    options.egress === 'web' ? ['egress-allow', 'egress-networks', 'egress-headers', 'set-egress'] : []
  return {
    isolation: options.isolation ?? 'microvm',
    features: ['terminal', 'watch', 'attach', 'code', 'ports', 'pause', 'snapshot', ...egress],
    limits: [],
    templates: Object.keys(options.templates ?? defaultTemplates),
    maxTtlMs: options.maxTtlMs ?? hourMs,
    locality: options.locality ?? 'remote',
    price: options.price ?? listPrice,
  }
}
