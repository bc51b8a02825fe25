import { building } from "./building.ts";
import { client } from "./client.ts";
import { ownerContract } from "./owner-contract.ts";
import type { RecordOf } from "./record/field.ts";
import { room } from "./room.ts";
import { tenantContract } from "./tenant-contract.ts";
import { unit } from "./unit.ts";

/** Every kind of record. A warm-up reads them in this order. */
export const declarations = { building, unit, room, client, ownerContract, tenantContract };

/** `unit`, `tenantContract`: the name of a kind; in the graph its type is called `Unit`. */
export type Kind = keyof typeof declarations;

/** The records of each kind, as decoded from Alma's single reads. */
export type Records = { readonly [K in Kind]: RecordOf<(typeof declarations)[K]["fields"]> };
