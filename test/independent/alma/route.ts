import type { Quirks } from "./quirk.ts";
import { Wire } from "./wire.ts";
import type { Rows, TableName, World } from "./world.ts";
import { type Body, changeRow, createRow } from "./write.ts";

/** An answer: a status, and JSON or an HTML page. */
export interface Reply {
  readonly status: number;
  readonly json?: unknown;
  readonly html?: string;
}

const noPage: Reply = { status: 404, html: "<!doctype html><title>404</title><h1>Страница не найдена</h1>" };
const noRecord: Reply = { status: 404, json: { detail: "Страница не найдена." } };

/** Answers requests; a `path` is the part after `external_api/`, as sent. */
export class Router {
  readonly #world: World;
  readonly #quirks: Quirks;
  readonly #wire: Wire;

  constructor(world: World, quirks: Quirks) {
    this.#world = world;
    this.#quirks = quirks;
    this.#wire = new Wire(world, quirks);
  }

  get(path: string): Reply {
    const split = this.#quirks.slashes === "split";
    const parts = (split ? decodeURIComponent(path) : path).split("/");
    if (parts.pop() !== "") return noPage;
    const [base, ...rest] = split ? parts : parts.map(decodeURIComponent);
    const place = this.#place([base, ...rest]);
    if (place === undefined) return noPage;
    const [name, key, value] = place;
    if (name === "rental_object") return this.#rentalObject(value ?? "");
    if (key === undefined) return { status: 200, json: this.#list(name) };
    const row = key === "id" ? this.#world.table(name).get(Number(value)) : this.#newest(name, value ?? "");
    return row ? { status: 200, json: this.#wire.detail(name, row) } : this.#none();
  }

  /** Creates a record by POST, or changes one by PATCH. */
  write(method: string, path: string, body: Body): Reply {
    const parts = path.split("/").map(decodeURIComponent);
    if (parts.pop() !== "") return noPage;
    const { form } = this.#quirks;
    // Clients are created under another path than the printed one.
    const [name, key, value = ""] =
      method === "POST" && path === "users/clients/" ? (["clients"] as const) : (this.#place(parts) ?? []);
    if (name === undefined || name === "rental_object") return noPage;
    if (method === "POST" && key === undefined)
      return { status: 201, json: { id: createRow(this.#world, name, body, form) } };
    const row = key === "id" ? this.#world.table(name).get(Number(value)) : this.#newest(name, value);
    if (method !== "PATCH" || !row) return this.#none();
    changeRow(row, body, form);
    return { status: 200, json: { id: row.id } };
  }

  /** The table that a path addresses, and the key. */
  #place(
    parts: readonly (string | undefined)[],
  ): [TableName | "rental_object", ("id" | "bx")?, string?] | undefined {
    const { clients, contractByBitrix } = this.#quirks;
    const path = parts.join("/");
    const printed = /^realty\/rooms\/contracts\/(owner_contracts|tenant_contracts)\/([^/]+)$/.exec(path);
    if (printed)
      return contractByBitrix === "rooms" ? [printed[1] as TableName, "bx", printed[2]] : undefined;
    const object = parts.length === 3 && parts[0] === "realty" && parts[1] === "rental_object";
    if (object) return ["rental_object", "bx", parts[2]];
    const bases: readonly [string, TableName][] = [
      ["realty/units", "units"],
      ["realty/rooms", "rooms"],
      ["realty/buildings", "buildings"],
      [`${clients}/clients`, "clients"],
      ["realty/contracts/owner_contracts", "owner_contracts"],
      ["realty/contracts/tenant_contracts", "tenant_contracts"],
    ];
    for (const [base, name] of bases) {
      const depth = base.split("/").length;
      if (parts.slice(0, depth).join("/") !== base) continue;
      const [first, second, ...more] = parts.slice(depth);
      if (first === undefined) return [name];
      if (second === undefined) return /^\d+$/.test(first) ? [name, "id", first] : undefined;
      if (first !== "external_id" || more.length > 0) return undefined;
      const hidden = name.endsWith("contracts") && contractByBitrix !== "external_id";
      return hidden ? undefined : [name, "bx", second];
    }
    return undefined;
  }

  #list(name: TableName): object[] {
    const rows = [...this.#world.table(name).values()].filter((row) => this.#listed(row));
    const { listOrder } = this.#quirks;
    rows.sort((a, b) => {
      if (listOrder === "mixed") return ((a.id * 7919) % 1009) - ((b.id * 7919) % 1009) || a.id - b.id;
      return listOrder === "rising" ? a.id - b.id : b.id - a.id;
    });
    return rows.map((row) => this.#wire.summary(name, row));
  }

  #listed(row: Rows[TableName]): boolean {
    if (this.#quirks.listsArchived) return true;
    return !(("is_archived" in row && row.is_archived) || ("usage" in row && row.usage?.is_archived));
  }

  #newest(name: TableName, externalId: string): Rows[TableName] | undefined {
    const found = [...this.#world.table(name).values()].filter((row) => row.external_id === externalId);
    return found.sort((a, b) => b.id - a.id)[0];
  }

  /** A unit whose additional id is in use comes first, then rooms, then other units; among equals the newest. */
  #rentalObject(externalId: string): Reply {
    const found: { name: "units" | "rooms"; id: number; rank: number }[] = [];
    for (const { id, ...unit } of this.#world.units.values()) {
      if (unit.is_used_additional_external_id && unit.additional_external_id === externalId)
        found.push({ name: "units", id, rank: 3 });
      else if (unit.external_id === externalId) found.push({ name: "units", id, rank: 1 });
    }
    for (const { id, external_id } of this.#world.rooms.values())
      if (external_id === externalId) found.push({ name: "rooms", id, rank: 2 });
    const [best] = found.sort((a, b) => b.rank - a.rank || b.id - a.id);
    return best ? { status: 200, json: this.#wire.rentalObject(best.name, best.id) } : this.#none();
  }

  #none(): Reply {
    return this.#quirks.notFound === "json" ? noRecord : noPage;
  }
}
