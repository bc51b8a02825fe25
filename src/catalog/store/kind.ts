import {
  type Building,
  type Client,
  type Kind,
  type OwnerContract,
  type Room,
  summaryByKind,
  type TenantContract,
  type Unit,
} from "../../alma/index.ts";

export type { Kind };

/** The records of each kind, as decoded from Alma's single reads. */
export interface RecordTypes {
  building: Building;
  unit: Unit;
  room: Room;
  client: Client;
  ownerContract: OwnerContract;
  tenantContract: TenantContract;
}

/** What is known of a record: some or all of its fields. */
export type KnownFields<K extends Kind> = Partial<Omit<RecordTypes[K], "id">>;

/** A record inside another record: its id and some of its summary's fields. */
export interface EmbeddedRecord {
  readonly kind: Kind;
  readonly id: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** What the catalog has to know about a kind: nothing here is specific to HTTP or GraphQL. */
export interface KindDefinition<K extends Kind> {
  /** The name of its type in the graph, and the prefix of its global ids. */
  readonly typeName: string;
  /** Fields that its list answers. */
  readonly summaryFields: readonly (keyof KnownFields<K> & string)[];
  /** Its references to other records; the reverse indexes are kept by these names. */
  readonly relations: Readonly<Record<string, (value: KnownFields<K>) => number | null | undefined>>;
  /** The fields that these are read from. */
  readonly relationFields: Readonly<Record<string, keyof KnownFields<K> & string>>;
  /** Other records that its detail shows a part of. */
  readonly embedded: (value: KnownFields<K>) => EmbeddedRecord[];
  /** True when the record can never change again, so that its detail is as new as the list that names it. */
  readonly isFinal: (value: KnownFields<K>) => boolean;
}

const toEmbedded = (
  kind: Kind,
  part: { id: number; name: string | null | undefined } | null | undefined,
): EmbeddedRecord[] => {
  // A part without its name is taken as unknown, not as a record without a name.
  if (part == null || part.name == null) return [];
  const { id, ...value } = part;
  return [{ kind, id, value }];
};

const neverFinal = (): boolean => false;

/** Alma: Contracts. Archived contracts can neither be unarchived nor edited. */
const isArchivedForGood = (value: KnownFields<"ownerContract"> | KnownFields<"tenantContract">): boolean =>
  value.unitUsage?.isArchived === true;

const contractRelations = {
  rentalObject: (value: KnownFields<"ownerContract"> | KnownFields<"tenantContract">) =>
    value.unitUsage?.unitId,
  client: (value: KnownFields<"ownerContract"> | KnownFields<"tenantContract">) => value.unitUsage?.clientId,
};

const contractRelationFields = { rentalObject: "unitUsage", client: "unitUsage" } as const;

/** The facts of every kind, in the order in which a warm-up reads them. */
export const kindDefinitions: { readonly [K in Kind]: KindDefinition<K> } = {
  building: {
    typeName: "Building",
    summaryFields: summaryByKind.building,
    relations: {},
    relationFields: {},
    embedded: () => [],
    isFinal: neverFinal,
  },
  unit: {
    typeName: "Unit",
    summaryFields: summaryByKind.unit,
    relations: { building: (value) => value.building?.id },
    relationFields: { building: "building" },
    embedded: (value) => toEmbedded("building", value.building),
    isFinal: neverFinal,
  },
  room: {
    typeName: "Room",
    summaryFields: summaryByKind.room,
    relations: { parentUnit: (value) => value.parentUnit?.id, building: (value) => value.building?.id },
    relationFields: { parentUnit: "parentUnit", building: "building" },
    embedded: (value) => [...toEmbedded("unit", value.parentUnit), ...toEmbedded("building", value.building)],
    isFinal: neverFinal,
  },
  client: {
    typeName: "Client",
    summaryFields: summaryByKind.client,
    relations: {},
    relationFields: {},
    embedded: () => [],
    isFinal: neverFinal,
  },
  ownerContract: {
    typeName: "OwnerContract",
    summaryFields: summaryByKind.ownerContract,
    relations: contractRelations,
    relationFields: contractRelationFields,
    embedded: () => [],
    isFinal: isArchivedForGood,
  },
  tenantContract: {
    typeName: "TenantContract",
    summaryFields: summaryByKind.tenantContract,
    relations: contractRelations,
    relationFields: contractRelationFields,
    embedded: () => [],
    isFinal: isArchivedForGood,
  },
};

/** Every kind, in warm-up order. */
export const kinds = Object.keys(kindDefinitions) as readonly Kind[];
