import type { Kind } from "../../catalog/index.ts";
import type { ItemKind } from "./item-kind.ts";
import type { JsonValue } from "./json.ts";

/** What keeps an item, or one field of it, from being taken over. */
export interface ItemError {
  readonly code: "REQUIRED" | "INVALID" | "UNKNOWN_OPTION" | "MISSING_LINK";
  /** What was asked, what is true, what to do. */
  readonly message: string;
  /** The Bitrix field as the item spells it; undefined if it is about the item as a whole. */
  readonly field?: string;
}

/** A file that Alma is to be given by its link. Not a plain text, so that it is not taken for one. */
export interface FileLink {
  readonly link: string;
}

/** A value for Alma. Null clears, or sets nothing. */
export type MappedValue = string | number | boolean | null | FileLink | readonly FileLink[];

/** One Alma field that an item gives. */
export interface MappedField {
  /**
   * The kind of record that it goes to: the item's own, or one that it is tied to (an apartment's building, a
   * contract's client).
   */
  readonly record: Kind;
  /** The field of that record by the name that it has in the graph: `propertyType`. */
  readonly field: string;
  /** The Bitrix field's code as the mapping spells it; undefined for what the mapping always sets. */
  readonly from?: string;
  /** What the item has there; undefined for what the mapping always sets. */
  readonly raw?: JsonValue;
  /** Undefined if something is wrong with it. */
  readonly value?: MappedValue;
  /** The rule in words. */
  readonly rule: string;
  readonly error?: ItemError;
}

/** Another item that an item names. */
export interface ItemLink {
  readonly kind: ItemKind;
  readonly id: string;
  readonly from: string;
  /** Further items that it names in the same field, where the mapping lets it name several. */
  readonly otherIds?: readonly string[];
}

/** What one Bitrix item means for Alma. */
export interface MappedItem {
  readonly kind: ItemKind;
  /** Its id in Bitrix; undefined if none could be found in it. */
  readonly id?: string;
  /** By the kind that they name. */
  readonly links: Readonly<Partial<Record<ItemKind, ItemLink>>>;
  /** The fields that the item has; those that it does not have are left alone in Alma. */
  readonly fields: readonly MappedField[];
  /** The codes of the Bitrix fields, those included that the item does not have, by what they give: `unit.name`. */
  readonly bitrixFields?: Readonly<Record<string, string>>;
  /** Everything that is wrong, that of the fields and links included. */
  readonly errors: readonly ItemError[];
}
