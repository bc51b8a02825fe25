import type { Kind } from "../../catalog/index.ts";

/** The kinds of Bitrix items that have a record in Alma. */
export const itemKinds = ["apartment", "unit", "contact", "ownerContract", "tenantContract"] as const;
export type ItemKind = (typeof itemKinds)[number];

/** A JSON value as Bitrix sends it or as the mapping has it. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

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

/** One option table as one Bitrix field uses it. */
export interface Dictionary {
  readonly name: string;
  readonly kind: ItemKind;
  readonly from: string;
  readonly record: Kind;
  readonly field: string;
  readonly options: readonly {
    readonly option: string;
    readonly value: string | number | boolean | null;
    readonly label: string;
  }[];
}

/** A mapping that was read and found right: what every field of Bitrix means in Alma. */
export interface Mapping {
  readonly name: string;
  /** Reads one item as Bitrix sent it. Never throws. */
  map(kind: ItemKind, item: JsonValue): MappedItem;
  readonly dictionaries: readonly Dictionary[];
  /**
   * The kind of item that a Bitrix entity type is (Bitrix: `entityTypeId`); undefined if the mapping does not know it.
   */
  kindOf(entityTypeId: string): ItemKind | undefined;
  /** The Bitrix entity type of a kind, if the mapping knows it. */
  entityTypeOf(kind: ItemKind): string | undefined;
}
