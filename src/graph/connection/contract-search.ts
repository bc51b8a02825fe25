import type { CachedRecord, Kind, KnownFields, Members } from "../../catalog/index.ts";
import type { GraphContext } from "../record/context.ts";
import { type ContractKind, stateOn } from "./contract-state.ts";

/**
 * Searches contracts and rooms by the relation indexes, for a write. Collects the oldest reading and the failed reads.
 */
export class ContractSearch {
  readonly #context: GraphContext;
  /** The oldest reading behind everything found so far; Infinity if nothing was looked up. */
  asOf = Number.POSITIVE_INFINITY;
  /** The listed records that could not be read: it is not known whether they belong to the results. */
  readonly failedReads: Members["failedReads"][number][] = [];

  constructor(context: GraphContext) {
    this.#context = context;
  }

  /** The listed records of a kind that refer to any of the parents by the relation, newest first. Throws AlmaError. */
  async findReferrers(
    kind: Kind,
    relation: string,
    parentIds: readonly number[],
  ): Promise<readonly CachedRecord[]> {
    if (parentIds.length === 0) return [];
    const { catalog, operation } = this.#context;
    const members = await catalog.findMembers(operation, {
      kind,
      needsDetails: true,
      referringTo: { relation, parents: parentIds },
    });
    if (members.asOf < this.asOf) this.asOf = members.asOf;
    for (const failedRead of members.failedReads)
      if (!this.failedReads.includes(failedRead)) this.failedReads.push(failedRead);
    return members.records;
  }

  /** A unit's rooms, and the ids of the unit and its rooms. For a room, only its own id. Throws AlmaError. */
  async findRooms({
    kind,
    id,
  }: CachedRecord): Promise<{ rooms: readonly CachedRecord[]; ids: readonly number[] }> {
    const rooms = kind === "unit" ? await this.findReferrers("room", "parentUnit", [id]) : [];
    return { rooms, ids: [id, ...rooms.map((room) => room.id)] };
  }

  /** The active and planned contracts on these rental objects, as of the operation's day. */
  async findLiveContracts(
    kinds: readonly ContractKind[],
    rentalObjectIds: readonly number[],
  ): Promise<CachedRecord[]> {
    const contracts: CachedRecord[] = [];
    for (const kind of kinds)
      contracts.push(...(await this.findReferrers(kind, "rentalObject", rentalObjectIds)));
    return contracts.filter((cached) => ["ACTIVE", "PLANNED"].includes(this.#stateOf(cached)));
  }

  /** The clients that have no active contract other than `except`. Throws AlmaError. */
  async findClientsWithoutOthers(
    clientIds: readonly number[],
    except: readonly CachedRecord[],
  ): Promise<number[]> {
    const withOtherContracts = new Set<number | undefined>();
    for (const kind of ["ownerContract", "tenantContract"] as const) {
      for (const cached of await this.findReferrers(kind, "client", clientIds)) {
        if (!except.includes(cached) && this.#stateOf(cached) === "ACTIVE")
          withOtherContracts.add(clientIdOf(cached));
      }
    }
    return clientIds.filter((clientId) => !withOtherContracts.has(clientId));
  }

  #stateOf(cached: CachedRecord) {
    return stateOn(cached.value as KnownFields<ContractKind>, this.#context.today);
  }
}

/** The client of a contract; undefined if Alma names none. */
export function clientIdOf({ value }: CachedRecord): number | undefined {
  return (value as KnownFields<ContractKind>).unitUsage?.clientId ?? undefined;
}
