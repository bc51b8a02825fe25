import type { Fields, RecordOf } from "../record/field.ts";
import type { PathTemplate } from "./path-variants.ts";

/** Everything that Alma's API can do to a record. */
export type Verb = "create" | "update" | "archive" | "unarchive" | "block" | "unblock";

/** What a write does to another record; "updated" means that its answer may show other values. */
export type Effect = "updated" | "archived" | "unarchived" | "blocked" | "unblocked" | "loses access";

/**
 * The other records that a write affects: from the path of relations that leads to them to what happens to them. A path
 * starts at the written record and consists of names of relations and of inverses, with dots: `rooms.tenantContracts`.
 */
export type Cascades = Readonly<Record<string, Effect>>;

/** What can be done to a kind, and what each write does to other records. */
export type Writes = Readonly<Partial<Record<Verb, Cascades>>>;

/** The addresses of a kind below ALMA_URL. Where Alma's document leaves several open, the printed one comes first. */
export interface Paths {
  readonly list: readonly PathTemplate[];
  readonly byId: readonly PathTemplate[];
  readonly byExternalId: readonly PathTemplate[];
  /** Where a create goes, if not to the address of the list. */
  readonly create?: readonly PathTemplate[];
}

/** The usual addresses of a kind: `base/`, `base/{id}/` and `base/external_id/{bx}/`, for each base. */
export function pathsUnder(...bases: readonly string[]): Paths {
  return {
    list: bases.map((base) => `${base}/`),
    byId: bases.map((base) => `${base}/{id}/`),
    byExternalId: bases.map((base) => `${base}/external_id/{bx}/`),
  };
}

/** A reference to one record of another kind. */
export interface AnyRelation {
  /** The kinds that it may lead to; of several, the id alone does not tell which. */
  readonly to: readonly [string, ...string[]];
  /** The name of the way back: all records of this kind that refer to one of those. */
  readonly inverse: string;
  /**
   * The relation through which it follows: the record refers to whatever that other record refers to by the same name.
   * A room is in the building of its unit.
   */
  readonly via?: string;
  /** The field that it is read from. */
  readonly field: string;
  /** Left out where the field is the other record: its id, and parts of what its list shows. */
  readonly idOf?: (value: never) => number | null | undefined;
}

type RelationBy<R, N extends keyof R> = AnyRelation & {
  readonly field: N;
} & (NonNullable<R[N]> extends { readonly id: number }
    ? { readonly idOf?: undefined }
    : { readonly idOf: (value: NonNullable<R[N]>) => number | null | undefined });

/** A relation that is read from one of these fields. */
export type Relation<F extends Fields> = {
  readonly [N in Exclude<keyof RecordOf<F>, "id">]: RelationBy<RecordOf<F>, N>;
}[Exclude<keyof RecordOf<F>, "id">];

/** Everything that the gateway knows of any kind of record in Alma. It needs no connection. */
export interface AnyDeclaration {
  /** `unit` and `units`: as messages call it. */
  readonly noun: string;
  readonly plural: string;
  readonly paths: Paths;
  readonly fields: Fields;
  /** The fields that its list shows. */
  readonly summary: readonly string[];
  /** Its references to other records, by name. */
  readonly relations?: Readonly<Record<string, AnyRelation>>;
  /** What can be done to it, and what each write does to other records. */
  readonly writes: Writes;
  /** The field that Alma wants along with a new name: names are unique within it. */
  readonly nameScope?: string;
  /** Whether a record can never change again, so that its detail is as new as the list that names it. */
  readonly isFinal?: (record: never) => boolean;
}

/** The declaration of one kind: what it says of fields, it says of fields that it has. */
export interface Declaration<F extends Fields, S extends keyof F & string, W extends Writes>
  extends AnyDeclaration {
  readonly fields: F;
  readonly summary: readonly S[];
  readonly relations?: Readonly<Record<string, Relation<F>>>;
  readonly writes: W;
  readonly nameScope?: keyof F & string;
  readonly isFinal?: (record: Partial<RecordOf<F>>) => boolean;
}

/** Declares a kind, so that its parts are checked against its fields. */
export function defineKind<const F extends Fields, const S extends keyof F & string, const W extends Writes>(
  declaration: Declaration<F, S, W>,
): Declaration<F, S, W> {
  return declaration;
}
