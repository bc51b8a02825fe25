import {
  type Building,
  type Client,
  type Kind,
  type OwnerContract,
  type Room,
  summaryOf,
  type TenantContract,
  type Unit,
} from "../alma/index.ts";

export type { Kind };

/** The records of each kind, as decoded from Alma's single reads. */
export interface Records {
  building: Building;
  unit: Unit;
  room: Room;
  client: Client;
  ownerContract: OwnerContract;
  tenantContract: TenantContract;
}

/** What is known of a record: some or all of its fields. */
export type Known<K extends Kind> = Partial<Omit<Records[K], "id">>;

/** A record inside another record: its id and some of its summary's fields. */
export interface Stub {
  readonly kind: Kind;
  readonly id: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** What the catalog has to know about a kind: nothing here is specific to HTTP or GraphQL. */
export interface KindFacts<K extends Kind> {
  /** The name of its type in the graph, and the prefix of its global ids. */
  readonly typeName: string;
  /** Fields that its list answers. */
  readonly summary: readonly (keyof Known<K> & string)[];
  /** Its references to other records; the reverse indexes are kept by these names. */
  readonly links: Readonly<Record<string, (value: Known<K>) => number | null | undefined>>;
  /** The fields that these are read from. */
  readonly linkFields: Readonly<Record<string, keyof Known<K> & string>>;
  /** Other records that its detail shows a part of. */
  readonly stubs: (value: Known<K>) => Stub[];
  /** True when the record can never change again, so that its detail is as new as the list that names it. */
  readonly final: (value: Known<K>) => boolean;
}

const stub = (
  kind: Kind,
  part: { id: number; name: string | null | undefined } | null | undefined,
): Stub[] => {
  // A part without its name is taken as unknown, not as a record without a name.
  if (part == null || part.name == null) return [];
  const { id, ...value } = part;
  return [{ kind, id, value }];
};

const never = (): boolean => false;

/** Alma: Contracts. Archived contracts can neither be unarchived nor edited. */
const archivedForGood = (value: Known<"ownerContract"> | Known<"tenantContract">): boolean =>
  value.unitUsage?.isArchived === true;

const contractLinks = {
  rentalObject: (value: Known<"ownerContract"> | Known<"tenantContract">) => value.unitUsage?.unitId,
  client: (value: Known<"ownerContract"> | Known<"tenantContract">) => value.unitUsage?.clientId,
};

const contractLinkFields = { rentalObject: "unitUsage", client: "unitUsage" } as const;

/** The facts of every kind, in the order in which a warm-up reads them. */
export const facts: { readonly [K in Kind]: KindFacts<K> } = {
  building: {
    typeName: "Building",
    summary: summaryOf.building,
    links: {},
    linkFields: {},
    stubs: () => [],
    final: never,
  },
  unit: {
    typeName: "Unit",
    summary: summaryOf.unit,
    links: { building: (value) => value.building?.id },
    linkFields: { building: "building" },
    stubs: (value) => stub("building", value.building),
    final: never,
  },
  room: {
    typeName: "Room",
    summary: summaryOf.room,
    links: { parentUnit: (value) => value.parentUnit?.id, building: (value) => value.building?.id },
    linkFields: { parentUnit: "parentUnit", building: "building" },
    stubs: (value) => [...stub("unit", value.parentUnit), ...stub("building", value.building)],
    final: never,
  },
  client: {
    typeName: "Client",
    summary: summaryOf.client,
    links: {},
    linkFields: {},
    stubs: () => [],
    final: never,
  },
  ownerContract: {
    typeName: "OwnerContract",
    summary: summaryOf.ownerContract,
    links: contractLinks,
    linkFields: contractLinkFields,
    stubs: () => [],
    final: archivedForGood,
  },
  tenantContract: {
    typeName: "TenantContract",
    summary: summaryOf.tenantContract,
    links: contractLinks,
    linkFields: contractLinkFields,
    stubs: () => [],
    final: archivedForGood,
  },
};

/** Every kind, in warm-up order. */
export const kinds = Object.keys(facts) as readonly Kind[];
