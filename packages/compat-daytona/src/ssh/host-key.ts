import { createECDH, createHmac, createPrivateKey } from 'node:crypto'

const curve = 'prime256v1'

/** The key by which clients know the SSH side: derived from the secret, so that it is the same for every replica and after every start. */
export function hostKeyOf(secret: string): string {
  const exchange = createECDH(curve)
  const seed = createHmac('sha256', secret).update('ssh-host-key').digest()
  exchange.setPrivateKey(seed)
  const point = exchange.getPublicKey()
  const side = (point.byteLength - 1) / 2
  const base64url = (bytes: Buffer): string => bytes.toString('base64url')
  const key = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: base64url(seed),
      x: base64url(point.subarray(1, 1 + side)),
      y: base64url(point.subarray(1 + side)),
    },
  })
  return key.export({ type: 'sec1', format: 'pem' }).toString()
}
