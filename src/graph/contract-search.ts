import type { Entry, Kind, Known, Members } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import type { ContractKind } from "./contract-edge.ts";
import { stateOn } from "./contract-state.ts";
import type { Handle } from "./handle.ts";

/** Days, `YYYY-MM-DD`, both included; null is open. */
export interface Period {
  readonly start: string | null;
  readonly end: string | null;
}

/** A look into the reverse indexes: what it rests on, and what it could not see. */
export class Search {
  readonly #context: GraphContext;
  /** The oldest reading behind everything found so far; Infinity if nothing was looked up. */
  asOf = Number.POSITIVE_INFINITY;
  /** Listed records that could not be read, so that nobody knows whether they belong to what was found. */
  readonly unread: Members["unread"][number][] = [];

  constructor(context: GraphContext) {
    this.#context = context;
  }

  /** The listed records of a kind that refer to any of the parents by `link`, newest first. Throws AlmaError. */
  async under(kind: Kind, link: string, parents: readonly number[]): Promise<readonly Entry[]> {
    if (parents.length === 0) return [];
    const { catalog, work } = this.#context;
    const found = await catalog.members(work, { kind, byDetail: true, under: { link, parents } });
    if (found.asOf < this.asOf) this.asOf = found.asOf;
    for (const gap of found.unread) if (!this.unread.includes(gap)) this.unread.push(gap);
    return found.entries;
  }

  /** The rental object's own id, and a unit's rooms. */
  async withRooms({ kind, id }: Entry): Promise<{ rooms: readonly Entry[]; ids: readonly number[] }> {
    const rooms = kind === "unit" ? await this.under("room", "parentUnit", [id]) : [];
    return { rooms, ids: [id, ...rooms.map((room) => room.id)] };
  }

  /** The active and planned contracts on these rental objects, as of the operation's day. */
  async live(kinds: readonly ContractKind[], objects: readonly number[]): Promise<Entry[]> {
    const found: Entry[] = [];
    for (const kind of kinds) found.push(...(await this.under(kind, "rentalObject", objects)));
    return found.filter((entry) => ["ACTIVE", "PLANNED"].includes(this.#state(entry)));
  }

  /** Which of these clients have no active contract but those given. */
  async withoutOthers(clients: readonly number[], but: readonly Entry[]): Promise<number[]> {
    const keep = new Set<number | undefined>();
    for (const kind of ["ownerContract", "tenantContract"] as const) {
      for (const entry of await this.under(kind, "client", clients)) {
        if (!but.includes(entry) && this.#state(entry) === "ACTIVE") keep.add(clientOf(entry));
      }
    }
    return clients.filter((client) => !keep.has(client));
  }

  #state(entry: Entry) {
    return stateOn(entry.value as Known<ContractKind>, this.#context.today);
  }
}

/** The client of a contract, if Alma names one. */
export function clientOf({ value }: Entry): number | undefined {
  return (value as Known<ContractKind>).unitUsage?.clientId ?? undefined;
}

/**
 * The tenant contracts for which Alma refuses a write on a rental object: without a period, those active or planned on
 * it and on a unit's rooms (a refusal to block); with one, those on the object itself that have a day in common with
 * it (a refusal to make a contract; `except` is the contract that is itself being changed). If none is known, the list
 * of contracts is read again: somebody else has made one just now. Throws AlmaError.
 */
export async function contractsInTheWay(
  context: GraphContext,
  object: Entry,
  period?: Period,
  except?: number,
): Promise<Handle<"tenantContract">[]> {
  const look = () => (period ? overlapping(context, object, period, except) : occupying(context, object));
  let found = await look();
  if (found.length === 0) {
    context.catalog.store.tables.tenantContract.touchList(context.catalog.clock());
    found = await look();
  }
  return found.map((entry) => context.handle<"tenantContract">(entry, context.work.reached));
}

async function occupying(context: GraphContext, object: Entry): Promise<readonly Entry[]> {
  const search = new Search(context);
  return search.live(["tenantContract"], (await search.withRooms(object)).ids);
}

async function overlapping(
  context: GraphContext,
  { id }: Entry,
  { start, end }: Period,
  except: number | undefined,
): Promise<readonly Entry[]> {
  const contracts = await new Search(context).under("tenantContract", "rentalObject", [id]);
  return contracts.filter((entry) => {
    const { startDate, endDate, unitUsage } = entry.value as Known<"tenantContract">;
    if (entry.id === except || unitUsage?.isArchived === true) return false;
    return (
      (end === null || startDate == null || startDate <= end) &&
      (start === null || endDate == null || endDate >= start)
    );
  });
}

/** Contracts as a message names them: `TenantContract:969 (2025-08-21 to 2026-08-20)`. */
export function nameContracts(contracts: readonly Handle<"tenantContract">[]): string {
  const names = contracts.slice(0, 5).map(({ entry, value: { startDate, endDate } }) => {
    const from = startDate ?? "always";
    return `${entry.key} (${from} to ${endDate ?? "no end"})`;
  });
  const more = contracts.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
