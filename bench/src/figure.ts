const threeDigits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** A measured value as people read it: more than three digits would claim too much. */
export const formatFigure = (value: number): string => threeDigits.format(value)
