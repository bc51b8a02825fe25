import { fields as building } from "./building.ts";
import { fields as client } from "./client.ts";
import { fields as ownerContract } from "./owner-contract.ts";
import { fields as room } from "./room.ts";
import { fields as tenantContract } from "./tenant-contract.ts";
import { fields as unit } from "./unit.ts";

/** The fields of every kind of record. */
export const fieldsOf = { building, unit, room, client, ownerContract, tenantContract };

/** The six kinds of records. */
export type Kind = keyof typeof fieldsOf;
