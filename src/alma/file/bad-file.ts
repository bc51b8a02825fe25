import { AlmaError } from "../http/errors.ts";

/** Why a file is not handed to Alma, as far as callers tell such reasons apart. */
export type FileErrorReason =
  /** The link is none, or leads where nobody may send the gateway. */
  | "link"
  /** There is no file at the link. */
  | "missing"
  /** It is larger than allowed. */
  | "too-large"
  /** Its content is of no type that Alma can show. */
  | "wrong-type"
  /** It comes too slowly, or ended before its end. */
  | "broken-off";

/** A file that its sender has to mend. Nothing of it has reached Alma as a whole, so nothing was uploaded. */
export class BadFile extends AlmaError {
  override readonly name = "BadFile";
  readonly reason: FileErrorReason;

  constructor(reason: FileErrorReason, message: string, cause?: unknown) {
    super("BAD_USER_INPUT", message, { cause });
    this.reason = reason;
  }
}
