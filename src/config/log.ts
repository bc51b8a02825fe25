/** Writes a log line: fields about its subject, then the message. */
interface WriteLine {
  (message: string): void;
  (details: object, message?: string): void;
}

/**
 * The log of the process, a subset of pino's interface. Lines contain names of operations, ids of records and counts,
 * never values of variables or fields.
 */
export interface Log {
  readonly level: string;
  isLevelEnabled(level: string): boolean;
  child(bindings: object, options: { readonly level: string }): Log;
  readonly fatal: WriteLine;
  readonly error: WriteLine;
  readonly warn: WriteLine;
  readonly info: WriteLine;
  readonly debug: WriteLine;
}
