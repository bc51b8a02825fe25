import { building } from "./building.ts";
import { client } from "./client.ts";
import type { RecordOf } from "./codec/field.ts";
import { ownerContract } from "./owner-contract.ts";
import { room } from "./room.ts";
import { tenantContract } from "./tenant-contract.ts";
import { unit } from "./unit.ts";

/** Every kind of record, in the order of the warm-up. */
export const declarations = { building, unit, room, client, ownerContract, tenantContract };

/** The name of a kind, such as `unit`. Its type in the graph is `Unit`. */
export type Kind = keyof typeof declarations;

/** The decoded detail of each kind. */
export type Records = { readonly [K in Kind]: RecordOf<(typeof declarations)[K]["fields"]> };
