/** Somebody as whom code runs. */
export interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}
