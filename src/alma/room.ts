import {
  bitrixId,
  decimal,
  flag,
  float,
  lockPassword,
  optional,
  required,
  text,
  withDefault,
} from "./codec/field.ts";
import { choice, choiceValue, photos, relation } from "./codec/nested.ts";
import { defineKind, pathsUnder } from "./resource/declaration.ts";

/** A room or a bed in an apartment; Alma's prose calls it a unit, its paths a room (Alma: Units). */
export const room = defineKind({
  noun: "room",
  plural: "rooms",
  paths: pathsUnder("realty/rooms"),
  fields: {
    externalId: required(bitrixId),
    name: required(text),
    header: withDefault(text, "", (draft) => String(draft.name)),
    goalRentCost: withDefault(decimal, 0),
    parentUnit: required(relation({ name: text, header: text, externalId: bitrixId })),
    building: relation({ name: text }),
    propertyType: required(choice),
    // Alma's document describes it for a create, but the example lacks it.
    number: optional(text, ""),
    internalArea: withDefault(float, 0),
    status: choiceValue,
    project: relation({ name: text }),
    isArchived: flag,
    photos: withDefault(photos, []),
    keyboxCode: optional(text, null),
    electronicLockPassword: optional(lockPassword, null),
  },
  summary: ["name", "header", "externalId"],
  relations: {
    parentUnit: { to: ["unit"], inverse: "rooms", field: "parentUnit" },
    building: { to: ["building"], inverse: "rooms", field: "building", via: "parentUnit" },
  },
  nameScope: "parentUnit",
  writes: {
    create: { parentUnit: "updated" },
    update: { parentUnit: "updated" },
    archive: {
      parentUnit: "updated",
      ownerContracts: "archived",
      tenantContracts: "archived",
      "ownerContracts.client": "loses access",
      "tenantContracts.client": "loses access",
    },
    // Contracts stay archived.
    unarchive: { parentUnit: "unarchived", building: "unarchived" },
    block: { parentUnit: "updated" },
    unblock: { parentUnit: "updated" },
  },
});
