import type { AlmaLog } from "../http/log.ts";
import type { Decoder } from "./field.ts";

/**
 * The words that Alma's document shows, in answers, drafts and the table from Bitrix. Its vocabularies are open: each
 * other word passes through, and is told to the operator as news.
 */
const documentedValues: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  unit: {
    status: ["available"],
    propertyType: ["detached_villa", "apartment", "studio"],
    parking: ["not_applicable", "uncovered"],
  },
  room: { status: ["available"], propertyType: ["bunk", "room"] },
  client: { status: ["active", "unconfirmed"], country: ["4"] },
  "owner contract": {
    workModel: ["Rent to rent", "TM 10%", "TM 15%", "TM 17%", "TM 18%", "TM 20%", "Long term"],
  },
  "tenant contract": {
    typeContract: [
      "Airbnb",
      "Short term from 1 to 3 months",
      "Long-term 3+ months",
      "Booking",
      "Short contract up to 1 month",
    ],
  },
};

/** A word that Alma's document does not show. */
export interface UndocumentedValue {
  readonly kind: string;
  readonly field: string;
  readonly value: string;
}

/** More words than this are no vocabulary. */
const MAX_REMEMBERED = 200;

/** Tells the observer of each word that is not documented, each time, and the log once for each. */
export function undocumentedValues(
  log: AlmaLog,
  onUndocumentedValue: ((undocumented: UndocumentedValue) => void) | undefined,
): (undocumented: UndocumentedValue) => void {
  const seen = new Set<string>();
  return (undocumented) => {
    onUndocumentedValue?.(undocumented);
    const key = `${undocumented.kind} ${undocumented.field} ${undocumented.value}`;
    if (seen.has(key) || seen.size >= MAX_REMEMBERED) return;
    seen.add(key);
    log.info(undocumented, "Alma answers a word that its document does not show; it is passed on");
  };
}

/** The same decoder, with an ear for new words. Long texts are none. */
export function withVocabularyCheck<T>(
  kind: string,
  decode: Decoder<T>,
  onUndocumentedValue: (undocumented: UndocumentedValue) => void,
): Decoder<T> {
  const vocabularies = Object.entries(documentedValues[kind] ?? {}).map(
    ([field, known]) => [field, new Set(known)] as const,
  );
  if (vocabularies.length === 0) return decode;
  return (value, onUndocumentedField) => {
    const decoded = decode(value, onUndocumentedField);
    if (decoded === undefined) return undefined;
    const record = decoded.record as Readonly<Record<string, unknown>>;
    for (const [field, known] of vocabularies) {
      const choiceValue = choiceValueOf(record[field]);
      if (choiceValue !== "" && choiceValue.length <= 60 && !known.has(choiceValue))
        onUndocumentedValue({ kind, field, value: choiceValue });
    }
    return decoded;
  };
}

/** The word itself, or that of a choice; "" for none. */
function choiceValueOf(value: unknown): string {
  if (typeof value === "string") return value;
  const inner = (value as { readonly value?: unknown } | null | undefined)?.value;
  return typeof inner === "string" ? inner : "";
}
