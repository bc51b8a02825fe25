import type { Photo, PhotoSet } from "./attachment.ts";
import { compareDecimal, isDecimal } from "./decimal.ts";
import type { Choice } from "./nested.ts";

type Values = Readonly<Record<string, unknown>>;

/** Alma keeps the first 8 characters of a lock's password, without a word. */
const KEPT_OF_PASSWORD = 8;

/** What is left of a value that an upstream may have written in its own way. */
const PLAIN: Readonly<Record<string, (value: unknown) => string>> = {
  email: (value) => String(value).trim().toLowerCase(),
  phone: (value) => String(value).replace(/[^\d+]/g, ""),
};

/**
 * Whether a record shows every value that a change asked for, so that the change has been done. What no answer shows,
 * such as which file a scan is, counts as not shown.
 */
export function shows(record: Values, changes: Values): boolean {
  return Object.entries(changes).every(([name, asked]) => {
    if (name === "rentalObject") return (record.unitUsage as { unitId?: unknown } | null)?.unitId === asked;
    const shown = record[name];
    if (name === "photos") return showsPhotos(shown as readonly Photo[] | null, asked as PhotoSet | null);
    if (asked === null) return isNothing(shown);
    if (name === "electronicLockPassword")
      return shown === asked || shown === String(asked).slice(0, KEPT_OF_PASSWORD);
    // Of a number without digits nothing is left, as of none.
    const plain = PLAIN[name]?.(asked);
    return same(asked, shown) || (!!plain && plain === PLAIN[name]?.(shown));
  });
}

function same(asked: unknown, shown: unknown): boolean {
  if (typeof shown === "object" && shown !== null) {
    if ("id" in shown) return shown.id === asked;
    return "value" in shown && (shown as Choice).value === asked;
  }
  if (typeof asked !== "string" || typeof shown !== "string") return asked === shown;
  if (asked.trim() === shown.trim()) return true;
  // A rent of 12.20 may come back as 12.2.
  return isDecimal(asked) && isDecimal(shown) && compareDecimal(asked, shown) === 0;
}

/** Whether a value is one that Alma is sent to clear a field. */
function isNothing(shown: unknown): boolean {
  if (typeof shown === "object" && shown !== null) return (shown as Choice).value === "not_applicable";
  return !shown || (typeof shown === "string" && isDecimal(shown) && Number(shown) === 0);
}

/** The ids of added pictures are new ones; so the kept ones and the number have to do. */
function showsPhotos(shown: readonly Photo[] | null | undefined, asked: PhotoSet | null): boolean {
  const { keep = [], add } = asked ?? { add: [] };
  const ids = new Set(shown?.map(({ id }) => id));
  return shown?.length === keep.length + add.length && keep.every((id) => ids.has(id));
}
