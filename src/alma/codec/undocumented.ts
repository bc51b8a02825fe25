import type { AlmaLog } from "../http/log.ts";
import type { Decoder } from "./field.ts";

/**
 * Beyond these numbers, fields and values are still reported to the observer, but not logged or remembered.
 */
const MAX_LOGGED_FIELDS = 1_000;
const MAX_LOGGED_VALUES = 200;
/** Longer texts are not vocabulary values. */
const MAX_VALUE_LENGTH = 60;

/** A field that Alma shows but does not document. */
export interface UndocumentedField {
  readonly kind: string;
  readonly field: string;
}

/** A vocabulary value, such as a status, that Alma shows but does not document. */
export interface UndocumentedValue extends UndocumentedField {
  readonly value: string;
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

/** Returns the documented values of a kind (responses, drafts and tables for Bitrix), by field. */
export const documentedChoicesOf = (kind: string): Readonly<Record<string, Vocabulary>> =>
  documentedChoices[kind] ?? {};

/** Reports each undocumented field to the observer, and logs each once. */
export const undocumentedFields = (
  log: AlmaLog,
  observer: ((field: UndocumentedField) => void) | undefined,
): ((field: UndocumentedField) => void) =>
  onceLogged(MAX_LOGGED_FIELDS, observer, (field) =>
    log.info(field, "Alma answers a field that the gateway does not know; it is ignored"),
  );

/** Reports each undocumented value to the observer, and logs each once. */
export const undocumentedValues = (
  log: AlmaLog,
  observer: ((value: UndocumentedValue) => void) | undefined,
): ((value: UndocumentedValue) => void) =>
  onceLogged(MAX_LOGGED_VALUES, observer, (value) =>
    log.info(value, "Alma answers a word that its document does not show; it is passed on"),
  );

function onceLogged<T extends UndocumentedField>(
  max: number,
  observer: ((subject: T) => void) | undefined,
  log: (subject: T) => void,
): (subject: T) => void {
  const seen = new Set<string>();
  return (subject) => {
    observer?.(subject);
    const key = Object.values(subject).join(" ");
    if (seen.has(key) || seen.size >= max) return;
    seen.add(key);
    log(subject);
  };
}

/** Wraps a decoder to report undocumented values. They are passed on, since vocabularies are open. */
export function withVocabularyCheck<T>(
  kind: string,
  decode: Decoder<T>,
  onUndocumentedValue: (undocumented: UndocumentedValue) => void,
): Decoder<T> {
  // The noun of a kind is its name in words.
  const name = kind.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
  const vocabularies = Object.entries(documentedChoicesOf(name)).map(
    ([field, known]) => [field, new Set(Object.keys(known))] as const,
  );
  if (vocabularies.length === 0) return decode;
  return (json, onUndocumentedField) => {
    const decoded = decode(json, onUndocumentedField);
    if (decoded === undefined) return undefined;
    const record = decoded.record as Readonly<Record<string, unknown>>;
    for (const [field, known] of vocabularies) {
      const value = textOf(record[field]);
      if (value !== "" && value.length <= MAX_VALUE_LENGTH && !known.has(value))
        onUndocumentedValue({ kind, field, value });
    }
    return decoded;
  };
}

/** Returns a bare value, or the value of a choice; "" if there is none. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const inner = (value as { readonly value?: unknown } | null | undefined)?.value;
  return typeof inner === "string" ? inner : "";
}
