import type { Kind } from "../../catalog/index.ts";

/** The kinds of Bitrix items that have a record in Alma. */
export const itemKinds = ["apartment", "unit", "contact", "ownerContract", "tenantContract"] as const;
export type ItemKind = (typeof itemKinds)[number];

/** The kind of record that an item of each kind becomes. */
export const recordKindOf = {
  apartment: "unit",
  unit: "room",
  contact: "client",
  ownerContract: "ownerContract",
  tenantContract: "tenantContract",
} as const satisfies Record<ItemKind, Kind>;

/** The other kind of record of which an item of each kind may say something. */
export const relatedRecordKind: Readonly<Partial<Record<ItemKind, Kind>>> = {
  apartment: "building",
  ownerContract: "client",
  tenantContract: "client",
};

/** The items of other kinds that an item must name, since its record cannot be without theirs: one of each list. */
export const requiredLinks: Readonly<Record<ItemKind, readonly (readonly ItemKind[])[]>> = {
  apartment: [],
  unit: [["apartment"]],
  contact: [],
  ownerContract: [["apartment"], ["contact"]],
  tenantContract: [["unit", "apartment"], ["contact"]],
};

/** Whether an item may name one of another kind. */
export function canLinkTo(kind: ItemKind, other: ItemKind): boolean {
  return (kind === "apartment" && other === "unit") || requiredLinks[kind].flat().includes(other);
}

/** Fields that no mapping gives, since they follow from the item's id and from the items that it names. */
export const derivedFields: readonly string[] = [
  "externalId",
  "additionalExternalId",
  "building",
  "project",
  "parentUnit",
  "rentalObject",
  "client",
];

/** How people call a kind of item. */
export const itemLabels: Readonly<Record<ItemKind, string>> = {
  apartment: "an apartment",
  unit: "a unit",
  contact: "a contact",
  ownerContract: "an owner contract",
  tenantContract: "a tenant contract",
};

/** Several kinds of items, of which one will do, as people call them. */
export const joinItemLabels = (kinds: readonly ItemKind[]): string =>
  kinds.map((kind) => itemLabels[kind]).join(" or ");

/** How a message names a Bitrix item. */
export function describeItem(kind: ItemKind, id: string | undefined): string {
  const kindLabel = kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return id === undefined ? `an item (${kindLabel})` : `the ${kindLabel} ${JSON.stringify(id)}`;
}
