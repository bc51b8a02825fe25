import { draftFields, type Kind } from "../../../src/alma/index.ts";
import { day } from "../../support/day.ts";

/**
 * Alma shows the first of two texts, and a caller has the second; `stored`: whether Alma stores the second as the
 * first.
 */
export const texts: readonly { pair: string; shown: string; value: string; stored?: true }[] = [
  { pair: "zeros in front", shown: "123", value: "0123" },
  { pair: "decimals", shown: "7", value: "7.0" },
  { pair: "an extension", shown: "+9715012345", value: "+97150123 ext 45" },
  { pair: "case", shown: "marina", value: "Marina" },
  { pair: "a form of Unicode", shown: "caf\u00e9", value: "cafe\u0301" },
  { pair: "compatible characters", shown: "No 1", value: "\u2116 1" },
  { pair: "a longer text", shown: "a".repeat(200), value: "a".repeat(201) },
  { pair: "a cut text", shown: "12345678", value: "1234567890" },
  { pair: "blanks within", shown: "Street 5", value: "Street  5" },
  { pair: "blanks around", shown: "Street 5", value: "\u00a0Street 5 ", stored: true },
];
/** The same for values of other types. */
const others = {
  whole: [1, 2],
  number: [7.5, 7.51],
  decimal: ["12.20", "12.21"],
  flag: [false, true],
  date: [day(1), day(2)],
} as const;

export type Value = string | number | boolean;

/** Choices and addresses, which Alma checks: written values are not compared here. */
const isChecked = (field: string) => ["propertyType", "parking", "country", "email"].includes(field);
/** Ids that cannot have blanks around them. */
const isId = (field: string) => /externalId$/i.test(field);
/** Alma is known to store 8 characters of a lock's password. */
const isCut = (field: string, pair: string) => field === "electronicLockPassword" && pair === "a cut text";

/** A kind's text fields that can have such a pair of texts, and those for which the two are different values. */
export function textFieldsOf(kind: Kind, { pair, stored }: (typeof texts)[number]) {
  const fields = [...draftFields(kind).values()].flatMap(({ name, accepts }) =>
    accepts === "text" && !isChecked(name) && !(stored && isId(name)) ? [name] : [],
  );
  return { fields, written: stored ? [] : fields.filter((field) => !isCut(field, pair)) };
}

/** Two different values of each other field of a kind. */
export function valuePairsOf(kind: Kind): Readonly<Record<string, readonly [Value, Value]>> {
  const pairs: Record<string, readonly [Value, Value]> = {};
  for (const { name, accepts } of draftFields(kind).values())
    if (accepts in others) pairs[name] = others[accepts as keyof typeof others];
  return pairs;
}
