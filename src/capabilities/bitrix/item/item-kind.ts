import type { Kind } from "../../../catalog/index.ts";

/** The kinds of Bitrix items that have a record in Alma, by their names in the enum `BitrixItemKind`. */
export const bitrixItemKind = {
  APARTMENT: "apartment",
  UNIT: "unit",
  CONTACT: "contact",
  OWNER_CONTRACT: "ownerContract",
  TENANT_CONTRACT: "tenantContract",
} as const;

export type ItemKind = (typeof bitrixItemKind)[keyof typeof bitrixItemKind];
export const itemKinds: readonly ItemKind[] = Object.values(bitrixItemKind);

/** The names of the kinds in the graph. */
export const itemKindNames: ReadonlyMap<ItemKind, string> = new Map(
  Object.entries(bitrixItemKind).map(([name, kind]) => [kind, name]),
);

/** The kind of Alma record for each kind of item. A Bitrix unit is a room in Alma. */
export const recordKindOf = {
  apartment: "unit",
  unit: "room",
  contact: "client",
  ownerContract: "ownerContract",
  tenantContract: "tenantContract",
} as const satisfies Record<ItemKind, Kind>;

/** The second kind of record whose fields an item may contain. */
export const relatedRecordKind: Readonly<Partial<Record<ItemKind, Kind>>> = {
  apartment: "building",
  ownerContract: "client",
  tenantContract: "client",
};

/**
 * The kinds of items that an item must refer to, because its record depends on theirs: one kind from each inner list.
 */
export const requiredLinks: Readonly<Record<ItemKind, readonly (readonly ItemKind[])[]>> = {
  apartment: [],
  unit: [["apartment"]],
  contact: [],
  ownerContract: [["apartment"], ["contact"]],
  tenantContract: [["unit", "apartment"], ["contact"]],
};

/** Returns whether an item may refer to an item of another kind. */
export function canLinkTo(kind: ItemKind, other: ItemKind): boolean {
  return (kind === "apartment" && other === "unit") || requiredLinks[kind].flat().includes(other);
}

/** Alma fields that a mapping must not contain, because they are derived from the item's id and links. */
export const derivedFields: readonly string[] = [
  "externalId",
  "additionalExternalId",
  "building",
  "project",
  "parentUnit",
  "rentalObject",
  "client",
];

/** Names the kinds of items in messages. */
export const itemLabels: Readonly<Record<ItemKind, string>> = {
  apartment: "an apartment",
  unit: "a unit",
  contact: "a contact",
  ownerContract: "an owner contract",
  tenantContract: "a tenant contract",
};

/** Joins alternative kinds of items for a message. */
export const joinItemLabels = (kinds: readonly ItemKind[]): string =>
  kinds.map((kind) => itemLabels[kind]).join(" or ");

/** Describes an item in messages: `the apartment "12"`. */
export function describeItem(kind: ItemKind, id: string | undefined): string {
  const kindLabel = kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return id === undefined ? `an item (${kindLabel})` : `the ${kindLabel} ${JSON.stringify(id)}`;
}
