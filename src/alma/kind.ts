import { building } from "./building.ts";
import { client } from "./client.ts";
import type { RecordOf } from "./codec/field.ts";
import { ownerContract } from "./owner-contract.ts";
import { room } from "./room.ts";
import { tenantContract } from "./tenant-contract.ts";
import { unit } from "./unit.ts";

/** Every kind of record. A warm-up reads them in this order. */
export const declarations = { building, unit, room, client, ownerContract, tenantContract };

/** The name of a kind, such as `unit`. Its type in the graph is `Unit`. */
export type Kind = keyof typeof declarations;

/** The record of each kind, as its detail is decoded. */
export type Records = { readonly [K in Kind]: RecordOf<(typeof declarations)[K]["fields"]> };
