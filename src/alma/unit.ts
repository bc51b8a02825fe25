import {
  bitrixId,
  decimal,
  flag,
  float,
  integer,
  lockPassword,
  optional,
  required,
  text,
  withDefault,
} from "./codec/field.ts";
import { choice, choiceValue, photos, relation } from "./codec/nested.ts";
import { stripBlanks } from "./codec/ref.ts";
import { defineKind, pathsUnder } from "./resource/declaration.ts";

/** Alma's empty number (Alma: Apartments, POST: "if it is an empty string, send 0"). */
const ZERO = "0";
const zeroAsEmpty: typeof text = {
  ...text,
  encode: (value) => (stripBlanks(value) === "" ? ZERO : text.encode(value)),
  stored: (value) => stripBlanks(value) || ZERO,
};

/**
 * An apartment, which Alma's paths call a unit (Alma: Apartments). Its name is unique within its building.
 */
export const unit = defineKind({
  noun: "unit",
  plural: "units",
  paths: pathsUnder("realty/units"),
  fields: {
    externalId: required(bitrixId),
    additionalExternalId: withDefault(bitrixId, ""),
    isUsedAdditionalExternalId: withDefault(flag, false),
    name: required(text),
    header: withDefault(text, "", (draft) => String(draft.name)),
    building: required(relation({ name: text })),
    propertyType: required(choice),
    number: withDefault(zeroAsEmpty, ZERO),
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
    electronicLockPassword: withDefault(lockPassword, null),
  },
  summary: ["name", "header", "externalId"],
  relations: { building: { to: ["building"], inverse: "units", field: "building" } },
  nameScope: "building",
  writes: {
    create: { building: "updated" },
    update: { building: "updated", rooms: "updated" },
    archive: {
      building: "updated",
      rooms: "archived",
      ownerContracts: "archived",
      tenantContracts: "archived",
      "rooms.ownerContracts": "archived",
      "rooms.tenantContracts": "archived",
      "ownerContracts.client": "loses access",
      "tenantContracts.client": "loses access",
      "rooms.ownerContracts.client": "loses access",
      "rooms.tenantContracts.client": "loses access",
    },
    // Contracts stay archived.
    unarchive: { building: "unarchived", rooms: "unarchived" },
    block: { rooms: "blocked" },
    unblock: { rooms: "unblocked" },
  },
});
