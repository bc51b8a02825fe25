import type { Entry, Kind, Known, Members } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import type { ContractKind } from "./contract-state.ts";
import { stateOn } from "./contract-state.ts";

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
