import { photos } from "./attachment.ts";
import { decimal, flag, float, integer, text, textOrNone } from "./codec.ts";
import { type ChangesOf, type DraftOf, filled, optional, type RecordOf, required } from "./field.ts";
import { choice, link, word } from "./nested.ts";
import { type Upstream, under } from "./readable.ts";
import { rentable } from "./resource.ts";

/** Its fields, for reading and writing. */
export const fields = {
  externalId: required(textOrNone),
  additionalExternalId: filled(textOrNone, ""),
  isUsedAdditionalExternalId: filled(flag, false),
  name: required(text),
  header: filled(text, "", (draft) => String(draft.name)),
  building: required(link({ name: text })),
  propertyType: required(choice),
  number: filled(text, ""),
  internalArea: filled(float, 0),
  status: word,
  project: link({ name: text }),
  isArchived: flag,
  photos: filled(photos, []),
  goalRentCost: filled(decimal, 0),
  address: filled(text, ""),
  addressNumber: optional(text, ""),
  numberOfBedrooms: filled(integer, 0),
  numberOfBaths: filled(integer, 0),
  isRoofGarden: filled(flag, false),
  parking: filled(choice, "not_applicable"),
  plot: optional(text, null),
  isSwimmingPool: filled(flag, false),
  coveredVerandas: optional(text, null),
  uncoveredVerandas: optional(text, null),
  lowerLevel: optional(text, null),
  storage: optional(text, null),
  totalBuildableArea: filled(float, 0),
  floor: filled(text, null),
  internetLogin: filled(text, ""),
  internetPassword: filled(text, ""),
  subwayStation: filled(text, ""),
  parkingNumber: filled(text, ""),
  keyboxCode: filled(text, null),
  electronicLockPassword: filled(text, null),
};

/** An apartment, which Alma's paths call a unit (Alma: Apartments). */
export type Unit = RecordOf<typeof fields>;
/** What a create takes, and what an update takes. */
export type UnitDraft = DraftOf<typeof fields>;
export type UnitChanges = ChangesOf<typeof fields>;
/** What the list of units shows. */
export const summary = ["name", "header", "externalId"] as const;

/** `realty/units/` (Alma: Apartments). A name is unique within its building. */
export const units = (upstream: Upstream) =>
  rentable(upstream, {
    noun: "unit",
    plural: "units",
    paths: under("realty/units"),
    fields,
    summary,
    // Unarchiving brings back its rooms, its project and its building, but no contract.
    touches: {
      create: ["building"],
      update: ["building", "room"],
      archive: ["building", "room", "ownerContract", "tenantContract", "client"],
      unarchive: ["building", "room"],
      block: ["room"],
      unblock: ["room"],
    },
    renamedWithin: "building",
  });
