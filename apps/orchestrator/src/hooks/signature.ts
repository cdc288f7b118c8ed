import { createHmac, timingSafeEqual } from 'node:crypto'
import { minuteMs } from '@caisson/core'

/** Older signatures, and those from the future, are refused: what was overheard cannot be said again later. */
const toleranceMs = 5 * minuteMs

/** `t=<seconds>,v1=<HMAC-SHA256 in hex over "<seconds>.<body>">` */
export function sign(secret: string, body: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
  return `t=${seconds},v1=${hmac(secret, `${seconds}.${body}`).toString('hex')}`
}

export function isSigned(
  secret: string,
  body: string,
  { header, nowMs }: { readonly header: string; readonly nowMs: number },
) {
  const [, seconds = '', given = ''] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) ?? []
  const expected = hmac(secret, `${seconds}.${body}`)
  const isGenuine = given !== '' && timingSafeEqual(Buffer.from(given, 'hex'), expected)
  return isGenuine && Math.abs(nowMs - Number(seconds) * 1000) <= toleranceMs
}

function hmac(secret: string, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest()
}
