import type { Decoder } from "./field.ts";
import type { AlmaLog } from "./log.ts";

/**
 * The words that Alma's document shows, in answers, drafts and the table from Bitrix. Its vocabularies are open: each
 * other word passes through, and is told to the operator as news.
 */
const words: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
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
export interface Unheard {
  readonly kind: string;
  readonly field: string;
  readonly value: string;
}

/** More words than this are no vocabulary. */
const MOST_REMEMBERED = 200;

/** Tells the observer of each word that is not documented, each time, and the log once for each. */
export function novelties(
  log: AlmaLog,
  onUnknownValue: ((found: Unheard) => void) | undefined,
): (found: Unheard) => void {
  const seen = new Set<string>();
  return (found) => {
    onUnknownValue?.(found);
    const name = `${found.kind} ${found.field} ${found.value}`;
    if (seen.has(name) || seen.size >= MOST_REMEMBERED) return;
    seen.add(name);
    log.info(found, "Alma answers a word that its document does not show; it is passed on");
  };
}

/** The same decoder, with an ear for new words. Long texts are none. */
export function heeding<T>(
  kind: string,
  decode: Decoder<T>,
  onNovelty: (found: Unheard) => void,
): Decoder<T> {
  const vocabularies = Object.entries(words[kind] ?? {}).map(
    ([field, known]) => [field, new Set(known)] as const,
  );
  if (vocabularies.length === 0) return decode;
  return (value, onStrange) => {
    const decoded = decode(value, onStrange);
    if (decoded === undefined) return undefined;
    const record = decoded.record as Readonly<Record<string, unknown>>;
    for (const [field, known] of vocabularies) {
      const word = wordOf(record[field]);
      if (word !== "" && word.length <= 60 && !known.has(word)) onNovelty({ kind, field, value: word });
    }
    return decoded;
  };
}

/** The word itself, or that of a choice; "" for none. */
function wordOf(value: unknown): string {
  if (typeof value === "string") return value;
  const inner = (value as { readonly value?: unknown } | null | undefined)?.value;
  return typeof inner === "string" ? inner : "";
}
