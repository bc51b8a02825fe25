import { photos } from "./attachment.ts";
import { decimal, flag, float, text, textOrNone } from "./codec.ts";
import { type ChangesOf, type DraftOf, filled, optional, type RecordOf, required } from "./field.ts";
import { choice, link, word } from "./nested.ts";
import { type Upstream, under } from "./readable.ts";
import { rentable } from "./resource.ts";

/** Its fields, for reading and writing. */
export const fields = {
  externalId: required(textOrNone),
  name: required(text),
  header: filled(text, "", (draft) => String(draft.name)),
  goalRentCost: filled(decimal, 0),
  parentUnit: required(link({ name: text, header: text, externalId: textOrNone })),
  building: link({ name: text }),
  propertyType: required(choice),
  // Explained for a create, but not in its example.
  number: optional(text, ""),
  internalArea: filled(float, 0),
  status: word,
  project: link({ name: text }),
  isArchived: flag,
  photos: filled(photos, []),
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
    paths: under("realty/rooms"),
    fields,
    summary,
    // Unarchiving brings back its unit, its project and its building, but no contract.
    touches: {
      create: ["unit"],
      update: ["unit"],
      archive: ["unit", "ownerContract", "tenantContract", "client"],
      unarchive: ["unit", "building"],
      block: ["unit"],
      unblock: ["unit"],
    },
    renamedWithin: "parentUnit",
  });
