/** Sizes are whole bytes and their names end in `Bytes`. */
export const kib = 1024
export const mib = 1024 * kib
export const gib = 1024 * mib

/** Lengths of time are whole milliseconds and their names end in `Ms`. Points in time are milliseconds since the epoch and end in `AtMs`. */
export const secondMs = 1000
export const minuteMs = 60 * secondMs
export const hourMs = 60 * minuteMs
