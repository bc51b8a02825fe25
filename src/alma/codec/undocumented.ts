import type { AlmaLog } from "../http/alma-log.ts";
import type { Decoder } from "./decoder.ts";

/** Above this number, fields and values are still reported to the observer, but no longer logged or remembered. */
const MAX_LOGGED = 1_000;
/** The maximum length of a vocabulary value. */
const MAX_VALUE_LENGTH = 60;

/** A field that Alma shows but does not document, or a value of a vocabulary, such as a status. */
export interface UndocumentedValue {
  /** The name of the kind, such as `ownerContract`; `rentalObject` for a lookup of that address. */
  readonly kind: string;
  readonly field: string;
  readonly value?: string;
}

/** Vocabulary values, with Alma's names if documented. */
type Vocabulary = Readonly<Record<string, string | null>>;

const named = (prefix: string, ...values: readonly string[]): Vocabulary =>
  Object.fromEntries(values.map((value) => [value, `${prefix}.${value}`]));
const unnamed = (...values: readonly string[]): Vocabulary =>
  Object.fromEntries(values.map((value) => [value, null]));

const documentedChoices: Readonly<Record<string, Readonly<Record<string, Vocabulary>>>> = {
  unit: {
    status: unnamed("available"),
    propertyType: named("property_type", "detached_villa", "apartment", "studio"),
    parking: named("parking_type", "not_applicable", "uncovered"),
  },
  room: { status: unnamed("available"), propertyType: named("property_type", "bunk", "room") },
  client: { status: unnamed("active", "unconfirmed"), country: { "4": "country.cyprus" } },
  ownerContract: {
    workModel: unnamed("Rent to rent", "TM 10%", "TM 15%", "TM 17%", "TM 18%", "TM 20%", "Long term"),
  },
  tenantContract: {
    typeContract: unnamed(
      "Airbnb",
      "Short term from 1 to 3 months",
      "Long-term 3+ months",
      "Booking",
      "Short contract up to 1 month",
    ),
  },
};

/** Returns the documented values of a kind (from responses, drafts and tables for Bitrix), by field. */
export const documentedChoicesOf = (kind: string): Readonly<Record<string, Vocabulary>> =>
  documentedChoices[kind] ?? {};

/** Reports everything undocumented to the observer, and logs each field and value once. */
export function createUndocumentedLog(
  log: AlmaLog,
  observer: (undocumented: UndocumentedValue) => void,
): (undocumented: UndocumentedValue) => void {
  const seen = new Set<string>();
  return (undocumented) => {
    observer(undocumented);
    const key = Object.values(undocumented).join(" ");
    if (seen.has(key) || seen.size >= MAX_LOGGED) return;
    seen.add(key);
    const message =
      undocumented.value === undefined
        ? "Alma returned an undocumented field; it is ignored"
        : "Alma returned an undocumented value; it is passed on";
    log.info(undocumented, message);
  };
}

/** Wraps a decoder to report undocumented values. They are accepted, since vocabularies are open-ended. */
export function withVocabularyCheck<T>(
  kind: string,
  decode: Decoder<T>,
  onUndocumented: (undocumented: UndocumentedValue) => void,
): Decoder<T> {
  const vocabularies = Object.entries(documentedChoicesOf(kind)).map(
    ([field, known]) => [field, new Set(Object.keys(known))] as const,
  );
  if (vocabularies.length === 0) return decode;
  return (json) => {
    const decoded = decode(json);
    if (decoded === undefined) return undefined;
    const record = decoded.record as Readonly<Record<string, unknown>>;
    for (const [field, known] of vocabularies) {
      const value = textOf(record[field]);
      if (value !== "" && value.length <= MAX_VALUE_LENGTH && !known.has(value))
        onUndocumented({ kind, field, value });
    }
    return decoded;
  };
}

/** Returns a bare value, or the value of a choice; "" if there is none. */
function textOf(value: unknown) {
  if (typeof value === "string") return value;
  const inner = (value as { readonly value?: unknown } | null | undefined)?.value;
  return typeof inner === "string" ? inner : "";
}
