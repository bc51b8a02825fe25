import { bitrixId, flag, integer, optional, required, text } from "./codec/field.ts";
import { relation } from "./codec/nested.ts";
import { defineKind, pathsUnder } from "./resource/declaration.ts";

/** A building (Alma: Buildings). A name is unique within its project. */
export const building = defineKind({
  noun: "building",
  plural: "buildings",
  paths: pathsUnder("realty/buildings"),
  fields: {
    name: required(text),
    project: required(relation({ name: text })),
    numberOfUnits: integer,
    address: optional(text, ""),
    isArchived: flag,
    number: optional(text, ""),
    // Alma's example of a create has no external_id, but responses show it and there is a lookup path.
    externalId: optional(bitrixId, ""),
  },
  // Unlike the other lists, this one shows no external id.
  summary: ["name"],
  nameScope: "project",
  writes: {
    create: {},
    update: { units: "updated", rooms: "updated" },
  },
});
