import { compareDecimal, isDecimal } from "../http/decimal.ts";
import type { Photo, PhotoSet } from "./attachment.ts";
import type { Choice } from "./nested.ts";

type FieldValues = Readonly<Record<string, unknown>>;

/** Alma keeps the first 8 characters of a lock's password, without a word. */
const PASSWORD_LENGTH = 8;

/** What is left of a value that an upstream may have written in its own way. */
const NORMALIZERS: Readonly<Record<string, (value: unknown) => string>> = {
  email: (value) => String(value).trim().toLowerCase(),
  phone: (value) => String(value).replace(/[^\d+]/g, ""),
};

/**
 * Whether a record shows every value that a change asked for, so that the change has been done. What no answer shows,
 * such as which file a scan is, counts as not shown.
 */
export function showsChanges(record: FieldValues, changes: FieldValues): boolean {
  return Object.entries(changes).every(([name, expected]) => {
    if (name === "rentalObject")
      return (record.unitUsage as { unitId?: unknown } | null)?.unitId === expected;
    const actual = record[name];
    if (name === "photos") return showsPhotos(actual as readonly Photo[] | null, expected as PhotoSet | null);
    if (expected === null) return isEmptyValue(actual);
    if (name === "electronicLockPassword")
      return actual === expected || actual === String(expected).slice(0, PASSWORD_LENGTH);
    // Of a number without digits nothing is left, as of none.
    const normalized = NORMALIZERS[name]?.(expected);
    return isSameValue(expected, actual) || (!!normalized && normalized === NORMALIZERS[name]?.(actual));
  });
}

function isSameValue(expected: unknown, actual: unknown): boolean {
  if (typeof actual === "object" && actual !== null) {
    if ("id" in actual) return actual.id === expected;
    return "value" in actual && (actual as Choice).value === expected;
  }
  if (typeof expected !== "string" || typeof actual !== "string") return expected === actual;
  if (expected.trim() === actual.trim()) return true;
  // A rent of 12.20 may come back as 12.2.
  return isDecimal(expected) && isDecimal(actual) && compareDecimal(expected, actual) === 0;
}

/** Whether a value is one that Alma is sent to clear a field. */
function isEmptyValue(actual: unknown): boolean {
  if (typeof actual === "object" && actual !== null) return (actual as Choice).value === "not_applicable";
  return !actual || (typeof actual === "string" && isDecimal(actual) && Number(actual) === 0);
}

/** The ids of added pictures are new ones; so the kept ones and the number have to do. */
function showsPhotos(actual: readonly Photo[] | null | undefined, expected: PhotoSet | null): boolean {
  const { keep = [], add } = expected ?? { add: [] };
  const ids = new Set(actual?.map(({ id }) => id));
  return actual?.length === keep.length + add.length && keep.every((id) => ids.has(id));
}
