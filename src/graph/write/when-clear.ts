import { setImmediate } from "node:timers/promises";
import { AlmaError } from "../../alma/index.ts";
import {
  type CachedRecord,
  kindDefinitions,
  NEVER,
  type ReadRequest,
  type WriteEffects,
} from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";
import { pollUntil } from "./polling.ts";
import { isStateChange, type UnsettledWrite, type UnsettledWrites } from "./unsettled-writes.ts";
import type { PreparedWrite } from "./write.ts";

/** A write waits for another one that settles within this time, in milliseconds. Otherwise it is refused at once. */
const UNSETTLED_WRITE_WAIT = 5_000;

type ParentIds = NonNullable<WriteEffects["parents"]>;

/**
 * Waits, before a write is sent, until no unsettled write conflicts with it: one with the same lock key, or a state
 * change of a unit or room above the record (for a state change, also of one below). Resolves to "waited" if there was
 * one, since data read before may have changed. Throws WRITE_UNSETTLED if one remains; the caller must then send
 * nothing.
 */
export async function waitUntilClear(prepared: PreparedWrite): Promise<"clear" | "waited"> {
  const { write, lockKeys } = prepared;
  const { clock } = write.context.catalog;
  const { operation } = write.readContext;
  const { unsettled } = write.services;
  for (let result: "clear" | "waited" = "clear"; ; result = "waited") {
    const other = unsettled.find(lockKeys) ?? (await findStateChange(prepared));
    if (!other) return result;
    const { answer, checkShown, settlesAt } = other;
    if (settlesAt === Infinity) {
      await operation.waitFor(Promise.resolve(answer).catch(() => {}));
      // The sender must process the answer first.
      await setImmediate();
      continue;
    }
    const until = settlesAt - clock() < UNSETTLED_WRITE_WAIT ? settlesAt : 0;
    await operation.waitFor(pollUntil(clock, until, async () => (await checkShown?.()) || undefined));
    if (clock() >= settlesAt) unsettled.expire(other);
    else if (unsettled.find(other.lockKeys) === other) throw refusal(other, unsettled);
  }
}

/** Throws AlmaError if an update of the record is unsettled, since its values may still change. */
export function checkSettled({ key }: CachedRecord, unsettled: UnsettledWrites): void {
  const other = unsettled.find([key]);
  if (other?.write.verb === "update" && Number.isFinite(other.settlesAt)) throw refusal(other, unsettled);
}

function refusal(other: UnsettledWrite, unsettled: UnsettledWrites) {
  const { verb } = other.write;
  const retryAfter = unsettled.secondsLeft(other);
  const message =
    `An earlier ${verb} of this record, or of a related unit or room, has an unknown outcome, and could undo or change ` +
    `this write. Nothing was sent; send it again in ${retryAfter} s.`;
  return new AlmaError("WRITE_UNSETTLED", message, { retryAfter });
}

/**
 * Finds an unsettled state change of a unit or room above the record to write. For a write that changes a state itself,
 * also one of a record below.
 */
async function findStateChange({ write, effects, lockKeys }: PreparedWrite) {
  const { stateChanges } = write.services.unsettled;
  if (stateChanges.size === 0) return undefined;
  const { readContext } = write;
  const { store } = readContext.catalog;
  const recordOf = (of: WriteEffects) =>
    of.id === undefined ? undefined : store.getOrCreate(of.kind, of.id);
  const above = await keysAbove(readContext, recordOf(effects), effects.parents);
  const isAnyState = isStateChange(effects);
  for (const other of [...stateChanges]) {
    // Unarchiving and unblocking do not change anything below a unit or room.
    const isUndoing = isAnyState || other.write.verb === "archive" || other.write.verb === "block";
    if (isUndoing && other.lockKeys.some((key) => above.has(key))) return other;
    if (!isAnyState) continue;
    const aboveOther = await keysAbove(readContext, recordOf(other.write));
    if (lockKeys.some((key) => aboveOther.has(key))) return other;
  }
  return undefined;
}

/**
 * Returns the keys of the units and rooms above a record: those it has now, and those it would have with `parents`.
 * Reads what is unknown. Throws AlmaError.
 */
async function keysAbove(context: GraphContext, record: CachedRecord | undefined, parents: ParentIds = {}) {
  const { tables } = context.catalog.store;
  const keys = new Set<string>();
  const parentsOf = async (of: ReadRequest["record"], isAbove: boolean) => {
    const found = await context.loadDetail(of, NEVER);
    if (found && isAbove) keys.add(found.key);
    return found ? tables[found.kind].relationIndex.parentsOf(found) : {};
  };
  const climb = async ({ rentalObject, parentUnit }: ParentIds) => {
    for (const id of [rentalObject, parentUnit])
      if (id !== undefined) await climb(await parentsOf({ rentalObject: id }, true));
  };
  await climb(parents);
  if (record) {
    const { rentalObject, parentUnit } = kindDefinitions[record.kind].relations;
    if (rentalObject || parentUnit) await climb(await parentsOf(record, false));
  }
  return keys;
}
