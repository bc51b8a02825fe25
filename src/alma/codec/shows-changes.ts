import { compareDecimal, isDecimal } from "../http/decimal.ts";
import type { Photo, PhotoSet } from "./attachment.ts";
import { stripBlanks } from "./external-id.ts";
import type { Choice } from "./nested.ts";

type FieldValues = Readonly<Record<string, unknown>>;

/** Alma truncates a lock's password to 8 characters without reporting it. */
const PASSWORD_LENGTH = 8;

/** Fields that Alma may store in a normalised form. */
const NORMALIZERS: Readonly<Record<string, (value: unknown) => string>> = {
  email: (value) => stripBlanks(String(value)).toLowerCase(),
  phone: (value) => String(value).replace(/[^\d+]/g, ""),
};

/**
 * Whether a record has every value of a change, so that the change was done. A value that Alma never shows, such as the
 * file id of a scan, counts as missing.
 */
export function showsChanges(record: FieldValues, changes: FieldValues): boolean {
  return Object.entries(changes).every(([name, expected]) => {
    const actual = shownValue(record, name);
    if (name === "photos") return showsPhotos(actual as readonly Photo[] | null, expected as PhotoSet | null);
    if (expected === null || expected === "") return isEmptyValue(name, actual);
    if (name === "electronicLockPassword")
      return actual === expected || actual === String(expected).slice(0, PASSWORD_LENGTH);
    // A phone number without digits normalises to "", which would equal a missing one.
    const normalized = NORMALIZERS[name]?.(expected);
    return isSameValue(expected, actual) || (!!normalized && normalized === NORMALIZERS[name]?.(actual));
  });
}

/** The field of a record that shows what is sent in a field, where their names differ (Alma: Contracts). */
export function shownField(field: string): string {
  return field === "rentalObject" ? "unitUsage" : field;
}

/** What a record shows of a field that can be sent: of a contract's rental object its id. */
export function shownValue(record: FieldValues, field: string): unknown {
  const { unitUsage } = record;
  return field === "rentalObject" && unitUsage ? (unitUsage as { unitId?: unknown }).unitId : record[field];
}

function isSameValue(expected: unknown, actual: unknown): boolean {
  if (typeof actual === "object" && actual !== null) {
    if ("id" in actual) return actual.id === expected;
    return "value" in actual && (actual as Choice).value === expected;
  }
  if (typeof expected !== "string" || typeof actual !== "string") return expected === actual;
  if (stripBlanks(expected) === stripBlanks(actual)) return true;
  // Alma may show a rent of 12.20 as 12.2.
  return isDecimal(expected) && isDecimal(actual) && compareDecimal(expected, actual) === 0;
}

/** Text fields for which Alma shows a zero in place of nothing: the amounts, and a unit's number. */
const ZERO_IF_EMPTY: ReadonlySet<string> = new Set(["goalRentCost", "price", "number"]);

/** Whether a value is one that a write sends to clear a field. */
function isEmptyValue(name: string, actual: unknown): boolean {
  if (typeof actual === "object" && actual !== null) return (actual as Choice).value === "not_applicable";
  return !actual || (ZERO_IF_EMPTY.has(name) && isDecimal(String(actual)) && Number(actual) === 0);
}

/** Added photos get new ids, so only the kept ids and the number of photos can be compared. */
function showsPhotos(actual: readonly Photo[] | null | undefined, expected: PhotoSet | null): boolean {
  const { keep = [], add } = expected ?? { add: [] };
  const ids = new Set(actual?.map(({ id }) => id));
  return actual?.length === keep.length + add.length && keep.every((id) => ids.has(id));
}
