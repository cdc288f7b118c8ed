/** Personal data that can be told by its look. */
export interface PersonalShape {
  readonly name: string
  /** Global, and linear in the length of the text: it may be used on hostile input. */
  readonly pattern: RegExp
  /** Whether a text that has the look is the thing. Default: it is. */
  readonly isMeant?: (text: string) => boolean
}

export const personalShapes: readonly PersonalShape[] = [
  {
    name: 'e-mail address',
    pattern: /(?<![\w.+%-])[\w.+%-]{1,64}(?:@|%40)(?:[a-z\d-]{1,63}\.){1,8}[a-z]{2,24}(?![a-z\d-])/gi,
  },
  {
    name: 'card number',
    // The beginnings that issuers use: a time in milliseconds or nanoseconds has none of them.
    pattern: /(?<![\d.])(?:4|5[1-5]|2[2-7]|3[4-9]|30|6[0245])(?:[ -]?\d){11,17}(?![\d.]?\d)/g,
    isMeant: (text) => {
      const digits = text.replaceAll(/\D/g, '')
      return digits.length >= 13 && digits.length <= 19 && hasLuhnSum(digits)
    },
  },
]

/** The check digit that every card number ends with. */
function hasLuhnSum(digits: string): boolean {
  const sum = Array.from(digits)
    .toReversed()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
      return total + (value > 9 ? value - 9 : value)
    }, 0)
  return sum % 10 === 0
}
