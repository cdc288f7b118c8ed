import { encodeText } from '@caisson/core'

/** Shorter values are too common to be searched for. */
const minSecretLength = 6
const minFormLength = 6

/** The ways in which a secret may show in a text: as it is, and as common encodings write it, wherever it stands in what was encoded. */
export function secretForms(secret: string): readonly string[] {
  if (secret.length < minSecretLength) return []
  const hex = Array.from(encodeText(secret), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    ...percentForms(secret),
    ...base64Forms(secret),
    hex,
    hex.toUpperCase(),
  ]
  return [...new Set(forms)].filter((form) => form.length >= minFormLength)
}

function percentForms(secret: string): readonly string[] {
  const component = encodeURIComponent(secret.toWellFormed())
  const strict = component.replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
  const upper = [component, strict, strict.replaceAll('%20', '+'), encodeURI(secret.toWellFormed())]
  return [...upper, ...upper.map((form) => form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))]
}

/** What is surely there whatever stands before and after the secret: one form for each way it can fall on the groups of three bytes. */
function base64Forms(secret: string): readonly string[] {
  const bytes = encodeText(secret)
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    const core = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.byteLength) * 8) / 6))
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')]
  })
}
