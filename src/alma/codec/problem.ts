import type { Path } from "./field.ts";

/** The reasons for which a write is refused. */
export type ProblemCode =
  | "REQUIRED"
  | "INVALID"
  | "NOT_UNIQUE"
  | "NOT_FOUND"
  | "OVERLAP"
  | "BLOCKED"
  | "OCCUPIED"
  | "ARCHIVED"
  | "WHOLE_LET_UNIT"
  | "OWNER_CONTRACT_NEEDS_UNIT"
  | "REJECTED";

/** One reason for which a write is refused. `path` leads to the field in the draft; empty if it is about the whole. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly path: Path;
  /** Whether Alma gives no reason, or one in unknown words, so that only its records may show why it refuses. */
  readonly isUnexplained?: true;
}

/** Whether a code is about a rule of the business, rather than about the form of the input or about permissions. */
export const isBusinessRule = (code: ProblemCode): boolean =>
  !["INVALID", "REQUIRED", "REJECTED", "NOT_FOUND"].includes(code);

const messages: Readonly<Record<ProblemCode, string>> = {
  REQUIRED: "Alma requires a value here.",
  INVALID: "Alma does not accept this value.",
  NOT_UNIQUE: "Alma has a record with this value already; it must be unique.",
  NOT_FOUND: "Alma has no such record.",
  OVERLAP: "The dates overlap with another contract on the same rental object.",
  BLOCKED: "The rental object is blocked, so no contract can be made on it.",
  OCCUPIED: "The rental object has an active or planned contract or block.",
  ARCHIVED: "The record is archived and can no longer be changed.",
  WHOLE_LET_UNIT: "The unit is let as a whole, so that it cannot have rooms of its own in Alma.",
  OWNER_CONTRACT_NEEDS_UNIT: "An owner contract can be made on a unit only, never on a room.",
  REJECTED: "Alma refuses this without a reason that can be shown.",
};

/** The message for the caller: the gateway's sentence for the code, and Alma's own message if it may be shown. */
export function problemMessage(code: ProblemCode, almaMessage: string | undefined): string {
  if (almaMessage === undefined) return messages[code];
  return code === "REJECTED"
    ? `Alma refuses this and says: ${almaMessage}`
    : `${messages[code]} Alma says: ${almaMessage}`;
}
