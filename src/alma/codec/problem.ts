import type { Path } from "./field.ts";

/** Refusals by the form of the input or by permissions, and those without a known reason. */
const inputMessages = {
  REQUIRED: "Alma requires a value here.",
  INVALID: "Alma does not accept this value.",
  NOT_FOUND: "Alma has no such record.",
  REJECTED: "Alma refuses this without a reason that can be shown.",
};

/** Refusals by a business rule. */
const ruleMessages = {
  NOT_UNIQUE: "Another record in Alma already has this value, which must be unique.",
  OVERLAP: "The dates overlap with another contract on the same rental object.",
  BLOCKED: "The rental object is blocked, so no contract can be made on it.",
  OCCUPIED: "The rental object has an active or planned contract or block.",
  ARCHIVED: "The record is archived and can no longer be changed.",
  WHOLE_LET_UNIT: "The unit is let as a whole, so it cannot have rooms in Alma.",
  OWNER_CONTRACT_NEEDS_UNIT: "An owner contract must be on a unit, not on a room.",
};

const messages = { ...inputMessages, ...ruleMessages };

/** The reasons for refusing a write. */
export type ProblemCode = keyof typeof messages;

/** A reason for refusing a write. `path` is the field in the draft; empty for the whole draft. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly path: Path;
  /** Whether Alma gave no reason, or an unknown one, so that only its records may explain it. */
  readonly isUnexplained?: true;
}

/** Returns whether a code concerns a business rule, not the form of the input or permissions. */
export const isBusinessRule = (code: ProblemCode): boolean => code in ruleMessages;

/**
 * Returns the message for the caller: the gateway's sentence for the code, and Alma's own message if it is fit to show.
 */
export function problemMessage(code: ProblemCode, almaMessage: string | undefined): string {
  if (almaMessage === undefined) return messages[code];
  return code === "REJECTED"
    ? `Alma refuses this and says: ${almaMessage}`
    : `${messages[code]} Alma says: ${almaMessage}`;
}
