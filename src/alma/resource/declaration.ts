import type { Fields } from "../codec/field.ts";
import type { PathTemplate } from "./path-variants.ts";

/** The writes of Alma's API. */
export type Verb = "create" | "update" | "archive" | "unarchive" | "block" | "unblock";

/** The effect of a write on another record. "updated" means that every field may change. */
export type Effect = "updated" | "archived" | "unarchived" | "blocked" | "unblocked" | "loses access";

/**
 * The effects of a write on other records, by the path of relations that leads to them. A path starts at the written
 * record and consists of relations and inverses, joined by dots: `rooms.tenantContracts`.
 */
export type Cascades = Readonly<Record<string, Effect>>;

/** The verbs of a kind, with their cascades. */
type Writes = Readonly<Partial<Record<Verb, Cascades>>>;

/**
 * The paths of a kind below ALMA_URL. If it is uncertain which one is correct, lists all, in the order in which they
 * are tried.
 */
interface Paths {
  readonly list: readonly PathTemplate[];
  readonly byId: readonly PathTemplate[];
  readonly byExternalId: readonly PathTemplate[];
  /** The path of a create, if it differs from that of the list. */
  readonly create?: readonly PathTemplate[];
}

/** Returns the usual paths of a kind: `base/`, `base/{id}/` and `base/external_id/{bx}/`, for each base. */
export function pathsUnder(...bases: readonly string[]): Paths {
  return {
    list: bases.map((base) => `${base}/`),
    byId: bases.map((base) => `${base}/{id}/`),
    byExternalId: bases.map((base) => `${base}/external_id/{bx}/`),
  };
}

/** A reference to one record of another kind. */
export interface AnyRelation {
  /** The possible kinds of the other record. If there are several, its id does not show which. */
  readonly to: readonly [string, ...string[]];
  /** The name of the inverse: all records of this kind that refer to the other record. */
  readonly inverse: string;
  /** The relation from which it is inherited: a room is in the building of its `parentUnit`. */
  readonly via?: string;
  /** The field that it is read from. */
  readonly field: string;
  /**
   * Reads the other record's id from the field. Omitted if the field shows the other record itself, including its id.
   */
  readonly idOf?: (value: never) => number | null | undefined;
}

/** The declaration of a kind, independent of a connection to Alma. */
export interface AnyDeclaration {
  /** For messages: `unit` and `units`. */
  readonly noun: string;
  readonly plural: string;
  readonly paths: Paths;
  readonly fields: Fields;
  /** The fields shown by its list. */
  readonly summary: readonly string[];
  /** Its references to other records, by name. */
  readonly relations?: Readonly<Record<string, AnyRelation>>;
  readonly writes: Writes;
  /** The field that Alma requires with a new name, since names are unique within it. */
  readonly nameScope?: string;
}

/** The declaration of one kind. Its parts can refer only to fields that it has. */
interface Declaration<F extends Fields, W extends Writes> extends AnyDeclaration {
  readonly fields: F;
  readonly summary: readonly (keyof F & string)[];
  readonly relations?: Readonly<Record<string, AnyRelation & { readonly field: keyof F & string }>>;
  readonly writes: W;
  readonly nameScope?: keyof F & string;
}

/** Declares a kind, so that its parts are checked against its fields. */
export const defineKind = <const F extends Fields, const W extends Writes>(
  declaration: Declaration<F, W>,
): Declaration<F, W> => declaration;
