import { readdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createFaults, type Faults } from "./http/fault.ts";
import { createLog, type Log } from "./http/log.ts";
import type { Route } from "./http/route.ts";
import { createServer } from "./http/server.ts";
import { fillPortfolio } from "./portfolio/index.ts";
import { type Size, sizeOf } from "./portfolio/size.ts";
import { updateAllStatuses } from "./rule/status.ts";
import { type Clock, createClock } from "./store/clock.ts";
import type { SimulatorContext } from "./store/context.ts";
import { createRandom } from "./store/random.ts";
import { createData, type Data, type InitialRecords, insertRecords } from "./store/store.ts";
import { defaultSwitches, type Switches } from "./store/switches.ts";

export type { ActiveFault, Fault, FaultKind, Faults } from "./http/fault.ts";
export type { Log, LogEntry } from "./http/log.ts";
export type { Size } from "./portfolio/size.ts";
export type { Clock } from "./store/clock.ts";
export type * from "./store/record.ts";
export type { Data, InitialRecords } from "./store/store.ts";
export type { Switches } from "./store/switches.ts";
export type { Table } from "./store/table.ts";

/** The options of a simulator, each with a default. */
export interface SimulatorOptions {
  /** The seed of the portfolio and the faults: the same seed gives the same portfolio and faults (default 1). */
  readonly seed?: number;
  /** Scale of the portfolio (1 is about 600 records, 0 none; default 1), or counts by kind (0 for a missing kind). */
  readonly size?: number | Partial<Size>;
  /** Initial records, in place of the portfolio or, with `size`, in addition to it. */
  readonly data?: InitialRecords;
  readonly apiKey?: string;
  /** Default 0, any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Milliseconds per request, one half before it is carried out and the other after (default 0). */
  readonly latency?: number;
  /** The day `YYYY-MM-DD` of a stopped clock; by default the real day in Dubai. */
  readonly today?: string;
  readonly switches?: Partial<Switches>;
  /** The log keeps at least this number of the newest requests, and at most twice as many (default: all). */
  readonly keepLog?: number;
}

/** A running simulator. */
export interface Simulator {
  /** `http://127.0.0.1:PORT/external_api/` */
  readonly url: string;
  readonly apiKey: string;
  /** All records. A test may change them, as another system would. */
  readonly data: Data;
  readonly log: Log;
  readonly faults: Faults;
  /** The behaviours that Alma's document leaves open; may be changed at any time. */
  readonly switches: Switches;
  readonly clock: Clock;
  /** Milliseconds per request; may be changed at any time. */
  latency: number;
  close(): Promise<void>;
}

/** Starts a simulated Alma on real HTTP. Throws if the size is impossible or the port is taken. */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { seed = 1, apiKey = "simulator-key", port = 0, host = "127.0.0.1" } = options;
  const resources = await loadResources();
  const context: SimulatorContext = {
    data: Object.assign(createData(), ...resources.map(({ tables }) => tables?.())),
    switches: { ...defaultSwitches, ...options.switches },
    clock: createClock(options.today),
  };
  const size = sizeOf(options.size ?? (options.data ? 0 : 1));
  fillPortfolio(context, size, createRandom(seed));
  insertRecords(context.data, options.data ?? {});
  const log = createLog(options.keepLog ?? Number.POSITIVE_INFINITY);
  const faults = createFaults(createRandom(seed + 1));
  const simulator = { latency: options.latency ?? 0 };
  const server = await createServer({
    context,
    routes: resources.flatMap(({ routes }) => routes(context)),
    apiKey,
    log,
    faults,
    latency: () => simulator.latency,
    beforeRequest: createStatusUpdater(context),
  });
  await server.listen({ port, host });
  const boundPort = (server.server.address() as AddressInfo).port;
  return Object.assign(simulator, {
    url: `http://${host}:${boundPort}/external_api/`,
    apiKey,
    data: context.data,
    log: log.log,
    faults: faults.faults,
    switches: context.switches,
    clock: context.clock,
    close: () => server.close(),
  });
}

/** Updates statuses if the day has changed, or the clock was moved, since the last request. */
function createStatusUpdater(context: SimulatorContext): () => void {
  const currentState = () => `${context.clock.today()} ${context.clock.moveCount}`;
  let lastState = currentState();
  return () => {
    if (lastState === currentState()) return;
    lastState = currentState();
    updateAllStatuses(context);
  };
}

/** The exports of each other file of this folder: one resource of Alma. */
interface SimulatedResource {
  readonly routes: (context: SimulatorContext) => readonly Route[];
  /** Tables of this resource alone, in addition to those of `store/store.ts`. */
  readonly tables?: () => Partial<Data>;
}

/** Imports every file of this folder but `index` and `main`. Throws if a file exports no routes. */
async function loadResources(): Promise<readonly SimulatedResource[]> {
  const folder = new URL("./", import.meta.url);
  const names = readdirSync(folder).filter((name) => /^(?!index\.|main\.)[a-z-]+\.[jt]s$/.test(name));
  return Promise.all(
    names.map(async (name) => {
      const resource: Partial<SimulatedResource> = await import(new URL(name, folder).href);
      if (!resource.routes) throw new Error(`simulator/${name} exports no function "routes".`);
      return { ...resource, routes: resource.routes };
    }),
  );
}
