/** Where a part says what goes wrong. pino fits it. */

/** Each call is one line: what a program reads, then what a person reads. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
