/** What Alma's document leaves open, as switches: each says which reading this stand-in follows. */
export interface Quirks {
  /** Where clients are read; any other address is a page that does not exist. */
  readonly clients: "realty" | "users";
  /** How a contract is found by its Bitrix id; `none`: no address does it. */
  readonly contractByBitrix: "external_id" | "rooms" | "none";
  /** Whether lists name archived units and rooms, and contracts whose usage is archived. */
  readonly listsArchived: boolean;
  readonly listOrder: "falling" | "rising" | "mixed";
  readonly externalId: "text" | "number";
  readonly photos: "objects" | "texts" | "numbers";
  readonly scans: "texts" | "objects";
  /** How the words are shown that the document shows bare: `pairs`, as others are in it. */
  readonly words: "bare" | "pairs";
  readonly decimals: "number" | "text";
  readonly dates: "midnight" | "zulu" | "bare";
  /** Adds fields that no document names, to records and to list entries. */
  readonly extraFields: boolean;
  /** Leaves keys out whose value is null. */
  readonly nulls: "shown" | "left out";
  /** How it says that there is no such record. */
  readonly notFound: "json" | "html";
  /** `split`: an encoded slash is taken for a slash before the address is matched, as Django does. */
  readonly slashes: "split" | "kept";
  /** When the data of an answer is read: as the request comes in, or as the answer goes out. */
  readonly readsAt: "arrival" | "departure";
}

/** As the document prints it, as far as it prints anything. */
export const printed: Quirks = {
  clients: "realty",
  contractByBitrix: "rooms",
  listsArchived: true,
  listOrder: "falling",
  externalId: "text",
  photos: "objects",
  scans: "texts",
  words: "bare",
  decimals: "number",
  dates: "midnight",
  extraFields: false,
  nulls: "shown",
  notFound: "json",
  slashes: "split",
  readsAt: "arrival",
};

/** Everything otherwise than one would expect, yet within the document. */
export const contrary: Quirks = {
  clients: "users",
  contractByBitrix: "external_id",
  listsArchived: false,
  listOrder: "mixed",
  externalId: "number",
  photos: "texts",
  scans: "objects",
  words: "pairs",
  decimals: "text",
  dates: "zulu",
  extraFields: true,
  nulls: "left out",
  notFound: "json",
  slashes: "kept",
  readsAt: "departure",
};
