/** A kind of credential that can be told by its look alone. */
export interface SecretShape {
  /** What it is, in two or three words. */
  readonly name: string
  /** Global, and linear in the length of the text: it may be used on hostile input. */
  readonly pattern: RegExp
}

/** Credentials whose issuers gave them a form of their own. Used where they must not appear: in traces, and in code to run. */
export const secretShapes: readonly SecretShape[] = [
  {
    name: 'private key',
    pattern:
      /-----BEGIN (?:[A-Z]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?:(?!-----BEGIN)[\s\S]){0,8192}?-----END (?:[A-Z]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----|[^-]{0,8192})/g,
  },
  { name: 'AWS access key', pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { name: 'GitHub token', pattern: /(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,255}/g },
  { name: 'GitHub token', pattern: /(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{22,255}/g },
  { name: 'GitLab token', pattern: /(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20,255}/g },
  { name: 'AI provider key', pattern: /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,255}/g },
  { name: 'Slack token', pattern: /(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,255}/g },
  { name: 'Google API key', pattern: /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}/g },
  { name: 'Stripe key', pattern: /(?<![A-Za-z0-9])[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}/g },
  { name: 'npm token', pattern: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}/g },
  { name: 'Hugging Face token', pattern: /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,255}/g },
  { name: 'sandbox provider key', pattern: /(?<![A-Za-z0-9])(?:e2b_[0-9a-f]{40}|dtn_[0-9a-f]{64})/g },
  {
    name: 'JSON web token',
    pattern: /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,2048}/g,
  },
  {
    name: 'password in a URL',
    pattern: /(?<=\b[a-z][a-z0-9+.-]{1,30}:\/\/)[^\s/@:"'`]{0,256}:[^\s/@"'`]{1,256}(?=@)/gi,
  },
  { name: 'authorization header', pattern: /(?<=\b(?:bearer|basic)\s{1,4})[A-Za-z0-9+/=._~-]{16,8192}/gi },
]
