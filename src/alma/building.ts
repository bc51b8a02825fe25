import { flag, integer, nullableText, text } from "./record/codec.ts";
import { type ChangesOf, type DraftOf, optional, type RecordOf, required } from "./record/field.ts";
import { relation } from "./record/nested.ts";
import { pathsUnder, type Upstream } from "./resource/readable.ts";
import { resource } from "./resource/resource.ts";

/** Its fields, for reading and writing. */
export const fields = {
  name: required(text),
  project: required(relation({ name: text })),
  numberOfUnits: integer,
  address: optional(text, ""),
  isArchived: flag,
  number: optional(text, ""),
  // The example of a create has no external_id, yet the answer has it and a path looks it up.
  externalId: optional(nullableText, ""),
};

/** A building (Alma: Buildings). */
export type Building = RecordOf<typeof fields>;
/** What a create takes, and what an update takes. */
export type BuildingDraft = DraftOf<typeof fields>;
export type BuildingChanges = ChangesOf<typeof fields>;
/** What the list of buildings shows; unlike the other lists, no external id. */
export const summary = ["name"] as const;

/** `realty/buildings/` (Alma: Buildings). A name is unique within its project. */
export const buildings = (upstream: Upstream) =>
  resource(upstream, {
    noun: "building",
    plural: "buildings",
    paths: pathsUnder("realty/buildings"),
    fields,
    summary,
    affects: { create: [], update: ["unit", "room"] },
    nameScope: "project",
  });
