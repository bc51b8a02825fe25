import { AlmaError } from "../http/errors.ts";

/** Why a file cannot be uploaded. */
export type FileErrorReason =
  /** It is no usable link, or its host is not allowed. */
  | "link"
  /** There is no file at the link. */
  | "missing"
  /** The file is larger than allowed. */
  | "too-large"
  /** The file is neither a PDF nor an image, by its content. */
  | "wrong-type"
  /** The file arrives too slowly, or its transfer was interrupted. */
  | "broken-off";

/** A file that its sender has to correct. Nothing was uploaded. */
export class BadFile extends AlmaError {
  override readonly name = "BadFile";
  readonly reason: FileErrorReason;

  constructor(reason: FileErrorReason, message: string, cause?: unknown) {
    super("BAD_USER_INPUT", message, { cause });
    this.reason = reason;
  }
}
