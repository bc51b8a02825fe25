import {
  type CachedRecord,
  CONTRACT_KINDS,
  DETAIL,
  type FailedReads,
  type Kind,
  type KnownFields,
  type Members,
} from "../../catalog/index.ts";
import { findReferrers, loadAll } from "../member/partial-data.ts";
import type { GraphContext } from "../resolver/context.ts";
import { type ContractKind, stateOn } from "./contract-state.ts";

/**
 * Searches contracts and rooms in the relation indexes for a write, and collects the oldest reading and the failed
 * reads. With a `cutoff`, all lists and found records were read after it. A record that was moved to the parent outside
 * the gateway after its last read is not found, because its list entry does not show its parent.
 */
export function createContractSearch(context: GraphContext, cutoff?: number) {
  const { catalog, operation } = context;
  let asOf = Infinity;
  const failedReads: FailedReads[number][] = [];

  /** Reads the lists of these kinds now, in parallel, if the search has a cut-off. Throws AlmaError. */
  async function readLists(kinds: readonly Kind[]) {
    if (cutoff !== undefined)
      await Promise.all(kinds.map((kind) => catalog.readList(operation, kind, cutoff)));
  }

  /**
   * Finds the listed records of a kind that refer to one of the parents, newest first. With a cut-off, reads them now.
   * Throws AlmaError.
   */
  async function findAndReread(kind: Kind, relation: string, parentIds: readonly number[]) {
    if (parentIds.length === 0) return [];
    await readLists([kind]);
    let members = await findReferrers(context, kind, relation, parentIds);
    // Records may have moved since they were read, so ask the index again.
    if (await reread(members.records)) members = await findReferrers(context, kind, relation, parentIds);
    if (members.asOf < asOf) asOf = members.asOf;
    for (const failedRead of [...members.failedReads, ...members.readsOfUnknownParent])
      addFailedRead(failedRead);
    return members.records;
  }

  /** Reads the records last read before the cut-off again. Returns whether there were any. */
  async function reread(records: readonly CachedRecord[]) {
    if (cutoff === undefined) return false;
    const older = records.filter((record) => !(record.asOf(DETAIL) > cutoff));
    const load = (record: CachedRecord) => context.load({ record, level: DETAIL, cutoff });
    for (const failedRead of await loadAll(context, older, load)) addFailedRead(failedRead);
    return older.length > 0;
  }

  function addFailedRead(failedRead: Members["failedReads"][number]) {
    if (!failedReads.some(({ record }) => record === failedRead.record)) failedReads.push(failedRead);
  }

  /** Returns the rooms of a unit and the ids of both; for a room, only its own id. Throws AlmaError. */
  async function findRooms({ kind, id }: CachedRecord) {
    const rooms = kind === "unit" ? await findAndReread("room", "parentUnit", [id]) : [];
    return { rooms, ids: [id, ...rooms.map((room) => room.id)] };
  }

  /** Finds the active and planned contracts on these rental objects, as of the operation's day. */
  async function findLiveContracts(kinds: readonly ContractKind[], rentalObjectIds: readonly number[]) {
    const contracts: CachedRecord[] = [];
    for (const kind of kinds) contracts.push(...(await findAndReread(kind, "rentalObject", rentalObjectIds)));
    return contracts.filter((cached) => ["ACTIVE", "PLANNED"].includes(stateOf(cached)));
  }

  /**
   * Returns which of these clients have no active contract other than `except`, without and with a planned one. Throws
   * AlmaError.
   */
  async function findClientsWithoutOthers(clientIds: readonly number[], except: readonly CachedRecord[]) {
    const active = new Set<number | undefined>();
    const planned = new Set<number | undefined>();
    for (const kind of CONTRACT_KINDS) {
      for (const cached of await findAndReread(kind, "client", clientIds)) {
        if (except.includes(cached)) continue;
        const state = stateOf(cached);
        if (state === "ACTIVE") active.add(clientIdOf(cached));
        if (state === "PLANNED") planned.add(clientIdOf(cached));
      }
    }
    const without = clientIds.filter((clientId) => !active.has(clientId));
    return {
      withoutAny: without.filter((clientId) => !planned.has(clientId)),
      withPlanned: without.filter((clientId) => planned.has(clientId)),
    };
  }

  function stateOf(cached: CachedRecord) {
    return stateOn(cached.value, context.today);
  }

  return {
    /** When the oldest reading so far was made; Infinity if nothing was looked up. */
    get asOf() {
      return asOf;
    },
    /** Listed records that could not be read and belong to the results, or were never read. */
    failedReads,
    readLists,
    findRooms,
    findLiveContracts,
    findClientsWithoutOthers,
  };
}

/** Returns the client id of a contract, if Alma shows one. */
export function clientIdOf({ value }: CachedRecord): number | undefined {
  return (value as KnownFields<ContractKind>).unitUsage?.clientId ?? undefined;
}
