import type { Path } from "./codec.ts";

/** Why Alma refuses a write, as far as its words tell. */
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

/** One thing that the caller can mend; `path` leads to it in the draft and is empty if it is about the whole. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly path: Path;
}

/**
 * Alma's document shows no refusal, so its words are recognised by what Django REST Framework says in English and in
 * Russian, and by the words of the document's own rules. The first that fits counts: "already exists" before "does
 * not exist", the rules of the business before "invalid".
 */
const words: readonly (readonly [ProblemCode, RegExp])[] = [
  ["OVERLAP", /overlap|intersect|пересек/i],
  ["ARCHIVED", /archiv|архив/i],
  [
    "OWNER_CONTRACT_NEEDS_UNIT",
    /owner.*(only|never|cannot|must).*(unit|apartment|room)|владени.*апартам|апартам.*владени/i,
  ],
  ["WHOLE_LET_UNIT", /(non|not|without)[ -]*(an? )?shar(ing|ed)|(не|без)\s*-?\s*ш[еэ]р[еи]н/i],
  [
    "OCCUPIED",
    /occupied|(active|planned|existing|running).*(contract|rent|usage|lease)|занят|(активн|запланирован|действующ).*(контракт|договор|аренд)/i,
  ],
  ["BLOCKED", /\bblock|блокир/i],
  [
    "NOT_UNIQUE",
    /unique|already (exist|in use|taken|used|registered)|duplicate|уникальн|уже (существу|есть|использ|занят|зарегистр)/i,
  ],
  [
    "NOT_FOUND",
    /does not exist|doesn't exist|not found|no such|no \S+ matches|не (найден|существу)|нет такого/i,
  ],
  [
    "REQUIRED",
    /required|may not be (null|blank|empty)|(can|must) ?not be (null|blank|empty)|no file was submitted|обязательн|не может быть пуст|отсутству/i,
  ],
  [
    "INVALID",
    /valid|incorrect|wrong|expected|must be|should be|ensure|too (long|short|large|small)|format|корректн|невер|недопустим|неправильн|убедитесь|введите|должн|ожидал|формат|слишком/i,
  ],
];

/** What a refusal in Alma's words means; undefined for words that say nothing known. */
export function recognise(text: string): ProblemCode | undefined {
  return words.find(([, pattern]) => pattern.test(text))?.[0];
}

/** Whether a code speaks of the business, not of the form of what was sent or of rights. */
export function isBusiness(code: ProblemCode | undefined): boolean {
  return (
    code !== undefined &&
    code !== "INVALID" &&
    code !== "REQUIRED" &&
    code !== "REJECTED" &&
    code !== "NOT_FOUND"
  );
}

const sentences: Readonly<Record<ProblemCode, string>> = {
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
  REJECTED: "Alma refuses this without a reason that could be shown.",
};

/** A sentence for the caller: ours, and Alma's own words if they are fit to be shown. */
export function sentence(code: ProblemCode, said: string | undefined): string {
  if (said === undefined) return sentences[code];
  return code === "REJECTED"
    ? `Alma refuses this and says: ${said}`
    : `${sentences[code]} Alma says: ${said}`;
}
