import {
  type AnyDeclaration,
  type AnyRelation,
  declarations,
  type Kind,
  type Records,
} from "../../alma/index.ts";
import type { FieldValues } from "./source.ts";

export type { Kind };

/** Every kind, in the order of the warm-up. */
export const kinds = Object.keys(declarations) as readonly Kind[];

/** Creates a value for each kind. */
export const byKind = <T>(make: (kind: Kind) => T): Readonly<Record<Kind, T>> =>
  Object.fromEntries(kinds.map((kind) => [kind, make(kind)])) as Record<Kind, T>;

const declarationOf: Readonly<Record<Kind, AnyDeclaration>> = declarations;

/** The known fields of a record: some or all. */
export type KnownFields<K extends Kind> = Partial<Omit<Records[K], "id">>;

/** A record inside another record: its id and some of its summary fields. */
export interface EmbeddedRecord {
  readonly kind: Kind;
  readonly id: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** A reference from the records of one kind to one record of another. */
export interface Relation {
  /** The possible kinds of the other record. If there are several, its id does not show which. */
  readonly to: readonly [Kind, ...Kind[]];
  /** The field that it is read from. */
  readonly field: string;
  /** The relation from which it is inherited: a room is in the building of its `parentUnit`. */
  readonly via?: string;
  /** Whether the field contains a part of the other record. */
  readonly isEmbedded: boolean;
  /** Returns the id of the other record; undefined if unknown. */
  readonly idOf: (value: FieldValues) => number | null | undefined;
  /** Returns the id of the other record in a value of the field that is not null. */
  readonly idIn: (fieldValue: unknown) => number | null | undefined;
}

/** The inverse of a relation: all records of a kind that refer to a record by it. */
export interface Inverse {
  readonly kind: Kind;
  readonly relation: string;
}

/** The catalog's view of a kind, derived from its declaration. */
export interface KindDefinition {
  /** The name of its type in the graph, and the prefix of its global ids. */
  readonly typeName: string;
  /** The fields shown by its list. */
  readonly summaryFields: readonly string[];
  /** Its references to other records, by name. */
  readonly relations: Readonly<Record<string, Relation>>;
  /** The relations that show a part of the other record. */
  readonly embeddedRelations: readonly Relation[];
  /** The references of other records to it, by the names of the inverses. */
  readonly inverses: Readonly<Record<string, Inverse>>;
  /** Returns the parts of other records that its detail contains. */
  readonly embedded: (value: FieldValues) => readonly EmbeddedRecord[];
}

export const kindDefinitions = byKind(define);

function define(kind: Kind): KindDefinition {
  const { summary, relations: declared = {} } = declarationOf[kind];
  const relations = Object.fromEntries(
    Object.entries(declared).map(([name, relation]) => [name, defineRelation(kind, name, relation)]),
  );
  const embeddedRelations = Object.values(relations).filter(({ isEmbedded }) => isEmbedded);
  return {
    // `TenantContract` of `tenantContract`.
    typeName: kind.charAt(0).toUpperCase() + kind.slice(1),
    summaryFields: summary,
    relations,
    embeddedRelations,
    inverses: inversesOf(kind),
    embedded: (value) => embeddedRelations.flatMap((relation) => embeddedRecord(relation, value)),
  };
}

function defineRelation(kind: Kind, name: string, { to, field, via, idOf }: AnyRelation): Relation {
  const [first, ...others] = to.map((target) => assertKind(target, kind, name));
  const idIn = (idOf ?? (({ id }) => id)) as Relation["idIn"];
  return {
    to: [first as Kind, ...others],
    field,
    via,
    isEmbedded: idOf === undefined && others.length === 0,
    idOf: (value) => (value[field] == null ? undefined : idIn(value[field])),
    idIn,
  };
}

function assertKind(target: string, kind: Kind, relation: string) {
  const match = kinds.find((candidate) => candidate === target);
  if (match) return match;
  throw new Error(
    `The relation "${relation}" of ${kind} leads to "${target}", which is not a kind: src/alma/kind.ts declares ${kinds.join(", ")}.`,
  );
}

function inversesOf(kind: Kind): Readonly<Record<string, Inverse>> {
  const inverses: Record<string, Inverse> = {};
  for (const referrer of kinds) {
    for (const [relation, { to, inverse }] of Object.entries(declarationOf[referrer].relations ?? {})) {
      if (!to.includes(kind)) continue;
      if (inverses[inverse] || declarationOf[kind].relations?.[inverse]) {
        throw new Error(
          `The relation "${relation}" of ${referrer} calls its inverse "${inverse}", which is already another relation of ${kind}. Choose another name.`,
        );
      }
      inverses[inverse] = { kind: referrer, relation };
    }
  }
  return inverses;
}

/** Returns the part of another record in a detail; none if it lacks that record's first summary field, its name. */
function embeddedRecord({ to: [target], field }: Relation, value: FieldValues): readonly EmbeddedRecord[] {
  const part = value[field] as ({ readonly id: number } & FieldValues) | null | undefined;
  const label = declarationOf[target].summary[0];
  if (part == null || label === undefined || part[label] == null) return [];
  const { id, ...values } = part;
  return [{ kind: target, id, value: values }];
}
