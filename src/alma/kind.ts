import * as building from "./building.ts";
import * as client from "./client.ts";
import * as ownerContract from "./owner-contract.ts";
import * as room from "./room.ts";
import * as tenantContract from "./tenant-contract.ts";
import * as unit from "./unit.ts";

/** The fields of every kind of record. */
export const fieldsByKind = {
  building: building.fields,
  unit: unit.fields,
  room: room.fields,
  client: client.fields,
  ownerContract: ownerContract.fields,
  tenantContract: tenantContract.fields,
};

/** The six kinds of records. */
export type Kind = keyof typeof fieldsByKind;

/** The fields that the list of every kind answers, beside the id. */
export const summaryByKind = {
  building: building.summary,
  unit: unit.summary,
  room: room.summary,
  client: client.summary,
  ownerContract: ownerContract.summary,
  tenantContract: tenantContract.summary,
};
