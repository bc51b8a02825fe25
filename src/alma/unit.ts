import { photos } from "./record/attachment.ts";
import { decimal, flag, float, integer, nullableText, text } from "./record/codec.ts";
import {
  type ChangesOf,
  type DraftOf,
  optional,
  type RecordOf,
  required,
  withDefault,
} from "./record/field.ts";
import { choice, choiceValue, relation } from "./record/nested.ts";
import { pathsUnder, type Upstream } from "./resource/readable.ts";
import { rentable } from "./resource/resource.ts";

/** Its fields, for reading and writing. */
export const fields = {
  externalId: required(nullableText),
  additionalExternalId: withDefault(nullableText, ""),
  isUsedAdditionalExternalId: withDefault(flag, false),
  name: required(text),
  header: withDefault(text, "", (draft) => String(draft.name)),
  building: required(relation({ name: text })),
  propertyType: required(choice),
  number: withDefault(text, ""),
  internalArea: withDefault(float, 0),
  status: choiceValue,
  project: relation({ name: text }),
  isArchived: flag,
  photos: withDefault(photos, []),
  goalRentCost: withDefault(decimal, 0),
  address: withDefault(text, ""),
  addressNumber: optional(text, ""),
  numberOfBedrooms: withDefault(integer, 0),
  numberOfBaths: withDefault(integer, 0),
  isRoofGarden: withDefault(flag, false),
  parking: withDefault(choice, "not_applicable"),
  plot: optional(text, null),
  isSwimmingPool: withDefault(flag, false),
  coveredVerandas: optional(text, null),
  uncoveredVerandas: optional(text, null),
  lowerLevel: optional(text, null),
  storage: optional(text, null),
  totalBuildableArea: withDefault(float, 0),
  floor: withDefault(text, null),
  internetLogin: withDefault(text, ""),
  internetPassword: withDefault(text, ""),
  subwayStation: withDefault(text, ""),
  parkingNumber: withDefault(text, ""),
  keyboxCode: withDefault(text, null),
  electronicLockPassword: withDefault(text, null),
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
    paths: pathsUnder("realty/units"),
    fields,
    summary,
    // Unarchiving brings back its rooms, its project and its building, but no contract.
    affects: {
      create: ["building"],
      update: ["building", "room"],
      archive: ["building", "room", "ownerContract", "tenantContract", "client"],
      unarchive: ["building", "room"],
      block: ["room"],
      unblock: ["room"],
    },
    nameScope: "building",
  });
