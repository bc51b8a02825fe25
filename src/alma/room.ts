import { photos } from "./record/attachment.ts";
import { decimal, flag, float, nullableText, text } from "./record/codec.ts";
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
  name: required(text),
  header: withDefault(text, "", (draft) => String(draft.name)),
  goalRentCost: withDefault(decimal, 0),
  parentUnit: required(relation({ name: text, header: text, externalId: nullableText })),
  building: relation({ name: text }),
  propertyType: required(choice),
  // Explained for a create, but not in its example.
  number: optional(text, ""),
  internalArea: withDefault(float, 0),
  status: choiceValue,
  project: relation({ name: text }),
  isArchived: flag,
  photos: withDefault(photos, []),
  keyboxCode: optional(text, null),
  electronicLockPassword: optional(text, null),
};

/** A room or a bed in an apartment; Alma's prose calls it a unit, its paths a room (Alma: Units). */
export type Room = RecordOf<typeof fields>;
/** What a create takes, and what an update takes. */
export type RoomDraft = DraftOf<typeof fields>;
export type RoomChanges = ChangesOf<typeof fields>;
/** What the list of rooms shows. */
export const summary = ["name", "header", "externalId"] as const;

/** `realty/rooms/` (Alma: Units). */
export const rooms = (upstream: Upstream) =>
  rentable(upstream, {
    noun: "room",
    plural: "rooms",
    paths: pathsUnder("realty/rooms"),
    fields,
    summary,
    // Unarchiving brings back its unit, its project and its building, but no contract.
    affects: {
      create: ["unit"],
      update: ["unit"],
      archive: ["unit", "ownerContract", "tenantContract", "client"],
      unarchive: ["unit", "building"],
      block: ["unit"],
      unblock: ["unit"],
    },
    nameScope: "parentUnit",
  });
