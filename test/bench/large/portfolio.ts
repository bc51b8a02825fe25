import { createWriteStream, writeFileSync } from "node:fs";
import { finished } from "node:stream/promises";
import { routes as buildingRoutes } from "../../../simulator/building.ts";
import { routes as clientRoutes } from "../../../simulator/client.ts";
import { ID_SEGMENT, type Route } from "../../../simulator/http/route.ts";
import { createSimulator, type SimulatorOptions } from "../../../simulator/index.ts";
import { routes as ownerContractRoutes } from "../../../simulator/owner-contract.ts";
import { routes as roomRoutes } from "../../../simulator/room.ts";
import { routes as tenantContractRoutes } from "../../../simulator/tenant-contract.ts";
import { routes as unitRoutes } from "../../../simulator/unit.ts";

/**
 * The positions of one path's answers in a portfolio's file: `list`, which ends with a space, and the details in order
 * from `firstId`.
 */
export interface Stored {
  readonly list: { readonly start: number; readonly end: number };
  readonly firstId: number;
  /**
   * The start of each detail, by `id - firstId`, and the end of the last one; a missing id has the start of the next.
   */
  readonly starts: readonly number[];
}

/** The records of a portfolio that queries can ask for. */
export interface Portfolio {
  readonly records: number;
  /** The ids of the buildings and of the units with rooms. */
  readonly buildings: readonly number[];
  readonly units: readonly number[];
  readonly rooms: readonly number[];
  readonly contracts: readonly number[];
  readonly clients: readonly number[];
}

/**
 * Writes every answer of an Alma with a portfolio of this size to `file`, and their positions by path to `file.json`.
 * The simulator produces the answers without requests.
 */
export async function writePortfolio(size: SimulatorOptions["size"], file: string): Promise<Portfolio> {
  const simulator = await createSimulator({ ...(size !== undefined && { size }), keepLog: 0 });
  await simulator.close();
  const { data } = simulator;
  const kinds = [
    { routes: buildingRoutes, table: data.buildings },
    { routes: unitRoutes, table: data.units },
    { routes: roomRoutes, table: data.rooms },
    { routes: clientRoutes, table: data.clients },
    { routes: ownerContractRoutes, table: data.ownerContracts },
    { routes: tenantContractRoutes, table: data.tenantContracts },
  ];
  const out = createWriteStream(file);
  const stored: Record<string, Stored> = {};
  let position = 0;
  const write = (text: string) => {
    out.write(text);
    const start = position;
    position += Buffer.byteLength(text);
    return { start, end: position };
  };
  for (const { routes, table } of kinds) {
    const all = routes(simulator);
    const [{ url = "" } = {}] = all;
    const list = write(`${answerOf(all, url)} `);
    const ids = table.all().map(({ id }) => id);
    const firstId = Math.min(...ids.slice(-1));
    const known = new Set(ids);
    const starts: number[] = [];
    for (let id = firstId; id <= (ids[0] ?? -1); id++)
      starts.push(known.has(id) ? write(answerOf(all, url + ID_SEGMENT, id)).start : position);
    stored[url] = { list, firstId, starts: [...starts, position] };
  }
  out.end();
  await finished(out);
  writeFileSync(`${file}.json`, JSON.stringify(stored));
  return {
    records: kinds.reduce((sum, { table }) => sum + table.size, 0),
    buildings: data.buildings.all().map(({ id }) => id),
    rooms: data.rooms.all().map(({ id }) => id),
    contracts: data.tenantContracts.all().map(({ id }) => id),
    clients: data.clients.all().map(({ id }) => id),
    units: [...new Set(data.rooms.all().map(({ parent_unit }) => parent_unit))],
  };
}

/** The simulator's answer to a GET, as text. */
function answerOf(routes: readonly Route[], url: string, id?: number): string {
  const handler = routes.find((route) => route.url === url)?.methods().GET;
  if (!handler) throw new Error(`The simulator has no GET of ${url}.`);
  const params = id === undefined ? {} : { id: String(id) };
  return JSON.stringify(handler({ method: "GET", params, contentType: "", body: {}, uploads: [] }).body);
}
