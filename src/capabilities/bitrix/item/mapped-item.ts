import type { Kind } from "../../../catalog/index.ts";
import type { UserError } from "../../../graph/index.ts";
import type { ItemKind } from "./item-kind.ts";
import type { JsonValue } from "./json-object.ts";

/** One reason why an item, or a field of it, fails. */
export interface ItemError {
  readonly code: UserError["code"];
  /** Describes the problem and how to fix it. */
  readonly message: string;
  /** The Bitrix field with the error; undefined for the whole item. */
  readonly field?: string;
}

/** A file, by its URL in Bitrix. It is an object, to distinguish it from a text. */
export interface FileLink {
  readonly link: string;
}

/** A value for Alma. Null clears the field; in a new record it sets nothing. */
export type MappedValue = string | number | boolean | null | FileLink | readonly FileLink[];

/** One Alma field of an item. */
export interface MappedField {
  /**
   * The kind of record with this field: the item's own, or a related one (an apartment's building, a contract's
   * client).
   */
  readonly record: Kind;
  /** The field's name in the graph: `propertyType`. */
  readonly field: string;
  /** The Bitrix field's code as spelled in the mapping; undefined for a constant of the mapping. */
  readonly from?: string;
  /** The Bitrix value; undefined for a constant of the mapping. */
  readonly raw?: JsonValue;
  /** The Alma value; undefined if there is an error. */
  readonly value?: MappedValue;
  /** The field's mapping in words. */
  readonly rule: string;
  readonly error?: ItemError;
}

/** A link to another item. */
export interface ItemLink {
  readonly kind: ItemKind;
  readonly id: string;
  /** The Bitrix field's code as spelled in the mapping. */
  readonly from: string;
  /** Further ids in the same field, if the mapping allows several. */
  readonly otherIds?: readonly string[];
}

/** One Bitrix item, mapped to Alma. */
export interface MappedItem {
  readonly kind: ItemKind;
  /** The item's id in Bitrix; undefined if the item has none. */
  readonly id?: string;
  /** Links by the kind of the linked item. */
  readonly links: Readonly<Partial<Record<ItemKind, ItemLink>>>;
  /** The Alma fields for which the item has values. All other fields keep Alma's values. */
  readonly fields: readonly MappedField[];
  /** The Bitrix field of each Alma field (`unit.name`), whether the item has it or not. For messages. */
  readonly bitrixFields?: Readonly<Record<string, string>>;
  /** All errors, including those of fields and links. */
  readonly errors: readonly ItemError[];
  /** Errors that matter only for a new record: required values that the item lacks. */
  readonly missing?: readonly ItemError[];
  /** When the item was changed in Bitrix, in milliseconds, if known. */
  readonly changedAt?: number;
}
