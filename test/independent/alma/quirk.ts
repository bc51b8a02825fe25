import type { StoredForm } from "./write.ts";

/** The questions that Alma's document leaves open: each switch selects one reading. */
export interface Quirks {
  /** The path under which clients are read; any other path answers with an HTML 404. */
  readonly clients: "realty" | "users";
  /** The path by which a contract is found by its Bitrix id; `none`: there is no such path. */
  readonly contractByBitrix: "external_id" | "rooms" | "none";
  /** Whether lists name archived units and rooms, and contracts whose usage is archived. */
  readonly listsArchived: boolean;
  readonly listOrder: "falling" | "rising" | "mixed";
  readonly externalId: "text" | "number";
  readonly photos: "objects" | "texts" | "numbers";
  readonly scans: "texts" | "objects";
  /** Format of vocabulary values that the document shows as plain strings; `pairs`: as objects, like its others. */
  readonly words: "bare" | "pairs";
  readonly decimals: "number" | "text";
  readonly dates: "midnight" | "zulu" | "bare";
  /** Adds undocumented fields to records and to list entries. */
  readonly extraFields: boolean;
  /** Omits keys whose value is null. */
  readonly nulls: "shown" | "left out";
  /** The answer for a record that does not exist. */
  readonly notFound: "json" | "html";
  /** `split`: an encoded slash is decoded before the path is matched, as Django does. */
  readonly slashes: "split" | "kept";
  /** When the data of an answer is read: when the request arrives, or when the answer leaves. */
  readonly readsAt: "arrival" | "departure";
  /** How a written value is stored. */
  readonly form: StoredForm;
}

/** The reading printed in the document, where it prints one. */
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
  form: (_, value) => value,
};

/** Trims and truncates texts, and normalizes amounts, phones and codes. */
function ownForm(column: string, value: unknown): unknown {
  if (column === "price") return Number(value).toFixed(3);
  if (column === "goal_rent_cost") return String(Number(value));
  if (typeof value !== "string") return value;
  if (column === "phone") return value.replace(/\D/g, "");
  if (/^(electronic_lock_password|keybox_code)$/.test(column)) return value.slice(-3);
  return /^(address|header|floor|history|internet_login|internet_password)$/.test(column)
    ? value.trim().toLowerCase().slice(0, 6)
    : value.trim();
}

/** The least expected reading of everything that the document allows. */
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
  form: ownForm,
};
