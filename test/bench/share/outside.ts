import type { Simulator } from "../../../simulator/index.ts";

/** When a value was current in Alma, by the wall clock, in milliseconds; infinity for the end of the current value. */
export interface Version {
  readonly from: number;
  until: number;
}

/** The kinds whose records change, and their fields; their lists show the first one too. */
const fields = {
  buildings: ["name", "address"],
  units: ["header", "number"],
  rooms: ["header", "number"],
  clients: ["first_name", "phone"],
  tenantContracts: ["number", "name"],
} as const;
type TableName = keyof typeof fields;

/**
 * Changes records in Alma without the gateway. Each change sets a value that no record has had before, `v7` for the
 * seventh, so that a value identifies the time at which it was current.
 */
export class Outside {
  readonly versions: Version[] = [];
  /** The times at which clients were added, in order. */
  readonly additions: number[] = [];
  readonly ids: Readonly<Record<TableName, readonly number[]>>;
  /** The versions that clients have had. */
  readonly clientVersions: number[] = [];
  readonly #data: Simulator["data"];
  readonly #current = new Map<string, Version>();
  readonly #tables = Object.keys(fields) as TableName[];
  #timer: NodeJS.Timeout | undefined;

  /** Gives every record its first value. */
  constructor({ data }: Simulator) {
    this.#data = data;
    const idsOf = (table: TableName) => data[table].all().map(({ id }) => id);
    this.ids = {
      buildings: idsOf("buildings"),
      units: idsOf("units"),
      rooms: idsOf("rooms"),
      clients: idsOf("clients"),
      tenantContracts: idsOf("tenantContracts"),
    };
    for (const table of this.#tables) for (const id of this.ids[table]) this.#change(table, id);
  }

  /** Changes a record at this interval in milliseconds from now on, and occasionally adds a client. */
  start(interval: number): void {
    let ticks = 0;
    this.#timer = setInterval(() => {
      const table = this.#tables[ticks % this.#tables.length] as TableName;
      const ids = this.ids[table];
      this.#change(table, ids[Math.floor(Math.random() * ids.length)] as number);
      if (++ticks % 50 === 0) this.#add();
    }, interval);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #change(table: TableName, id: number): void {
    const number = this.versions.length;
    const value = `v${number}`;
    const change = Object.fromEntries(fields[table].map((field) => [field, value]));
    (this.#data[table] as { change(id: number, patch: object): unknown }).change(id, change);
    const at = Date.now();
    const version = { from: at, until: Number.POSITIVE_INFINITY };
    const key = `${table} ${id}`;
    const before = this.#current.get(key);
    if (before) before.until = at;
    this.#current.set(key, version);
    this.versions.push(version);
    if (table === "clients") this.clientVersions.push(number);
  }

  #add(): void {
    const number = this.additions.length;
    const email = `added${number}@example.com`;
    this.#data.clients.insert({ external_id: `added-${number}`, first_name: "Ada", email, status: "active" });
    this.additions.push(Date.now());
  }
}
