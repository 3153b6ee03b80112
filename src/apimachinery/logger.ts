/** Where a part says what goes wrong. pino fits it. */

/** Each call is one line: what a program reads, then what a person reads. */
export interface Logger {
  /** What only somebody who looks for a defect wants to know. */
  debug(fields: object, message: string): void
  /** What happens in the life of a server. */
  info(fields: object, message: string): void
  /** What went wrong and is tried again or done without. */
  warn(fields: object, message: string): void
  /** What is a defect or loses something. */
  error(fields: object, message: string): void
}

/** Says nothing. */
export const SILENT: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

function ignore(): void {}
