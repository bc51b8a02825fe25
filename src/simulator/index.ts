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

/** How a simulator starts; every option has a default. */
export interface SimulatorOptions {
  /** Makes the portfolio and the faults; the same seed gives the same (default 1). */
  readonly seed?: number;
  /** Scale of the portfolio (1 is about 600 records, 0 none), or counts by kind, of which those left out are 0. */
  readonly size?: number | Partial<Size>;
  /** Records to start from, in place of a portfolio or, if `size` is given too, in addition to it. */
  readonly data?: InitialRecords;
  readonly apiKey?: string;
  /** Default 0, any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Milliseconds per request, half of them before it is carried out and half after (default 0). */
  readonly latency?: number;
  /** A day `YYYY-MM-DD` that does not end; without it, the real day in Dubai. */
  readonly today?: string;
  readonly switches?: Partial<Switches>;
  /** How many of the newest requests the log keeps at least; it has never more than twice as many (default: all). */
  readonly keepLog?: number;
}

/** A running simulator. */
export interface Simulator {
  /** `http://127.0.0.1:PORT/external_api/` */
  readonly url: string;
  readonly apiKey: string;
  /** Its records. A test may change them, as another system would. */
  readonly data: Data;
  readonly log: Log;
  readonly faults: Faults;
  /** How it behaves where Alma's document leaves the behaviour open; may be changed at any time. */
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

/** What each other file of this folder exports: one resource of Alma. */
interface SimulatedResource {
  readonly routes: (context: SimulatorContext) => readonly Route[];
  /** Tables of its own, beside those of `store/store.ts`. */
  readonly tables?: () => Partial<Data>;
}

/** Imports every file of this folder but `index` and `main`. Throws if one has no routes. */
async function loadResources(): Promise<readonly SimulatedResource[]> {
  const folder = new URL("./", import.meta.url);
  const names = readdirSync(folder).filter((name) => /^(?!index\.|main\.)[a-z-]+\.[jt]s$/.test(name));
  return Promise.all(
    names.map(async (name) => {
      const resource: Partial<SimulatedResource> = await import(new URL(name, folder).href);
      if (!resource.routes) throw new Error(`src/simulator/${name} exports no function "routes".`);
      return { ...resource, routes: resource.routes };
    }),
  );
}
