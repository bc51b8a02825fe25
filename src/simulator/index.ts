import type { AddressInfo } from "node:net";
import { buildingRoutes } from "./building.ts";
import { clientRoutes } from "./client.ts";
import { externalImageRoutes } from "./external-image.ts";
import { createFaults, type Faults } from "./http/fault.ts";
import { createLog, type Log } from "./http/log.ts";
import { createServer } from "./http/server.ts";
import { ownerContractRoutes } from "./owner-contract.ts";
import { fillPortfolio } from "./portfolio/index.ts";
import { type Size, sizeOf } from "./portfolio/size.ts";
import { rentalObjectRoutes } from "./rental-object.ts";
import { roomRoutes } from "./room.ts";
import { updateAllStatuses } from "./rule/status.ts";
import { type Clock, createClock } from "./store/clock.ts";
import type { SimulatorContext } from "./store/context.ts";
import { createRandom } from "./store/random.ts";
import { createData, type Data, type InitialRecords, insertRecords } from "./store/store.ts";
import { defaultSwitches, type Switches } from "./store/switches.ts";
import { tenantContractRoutes } from "./tenant-contract.ts";
import { unitRoutes } from "./unit.ts";

export type { ActiveFault, Fault, FaultKind, Faults } from "./http/fault.ts";
export type { Log, LogEntry } from "./http/log.ts";
export type { Size } from "./portfolio/size.ts";
export type { Clock } from "./store/clock.ts";
export type * from "./store/record.ts";
export type { Data, InitialRecords } from "./store/store.ts";
export type { Switches } from "./store/switches.ts";
export type { Table } from "./store/table.ts";

/** All of it has a default. */
export interface SimulatorOptions {
  /** Makes the portfolio and the faults; the same seed gives the same (default 1). */
  readonly seed?: number;
  /** Scale of the portfolio (1 is about 600 records, 0 none), or counts by kind, of which those left out are 0. */
  readonly size?: number | Partial<Size>;
  /** Records to start from in the place of a portfolio, or beside it if `size` is given too. */
  readonly data?: InitialRecords;
  readonly apiKey?: string;
  /** Default 0, any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Milliseconds per request, half of them before it is carried out and half after (default 0). */
  readonly latency?: number;
  /** A day `YYYY-MM-DD` at which time stands; without it, the real day in Dubai. */
  readonly today?: string;
  readonly switches?: Partial<Switches>;
  /** How many of the newest requests the log keeps at least; it has never more than twice as many (default: all). */
  readonly keepLog?: number;
}

/** A running stand-in. */
export interface Simulator {
  /** `http://127.0.0.1:PORT/external_api/` */
  readonly url: string;
  readonly apiKey: string;
  /** Its records, to be changed behind everybody's back. */
  readonly data: Data;
  readonly log: Log;
  readonly faults: Faults;
  /** The undecided points of the source; may be turned at any time. */
  readonly switches: Switches;
  readonly clock: Clock;
  /** Milliseconds per request; may be changed at any time. */
  latency: number;
  close(): Promise<void>;
}

/** Starts a stand-in for Alma on real HTTP. Throws if the size is impossible or the port is taken. */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { seed = 1, apiKey = "simulator-key", port = 0, host = "127.0.0.1" } = options;
  const context: SimulatorContext = {
    data: createData(),
    switches: { ...defaultSwitches, ...options.switches },
    clock: createClock(options.today),
  };
  const size = sizeOf(options.size ?? (options.data ? 0 : 1));
  fillPortfolio(context, size, createRandom(seed));
  insertRecords(context.data, options.data ?? {});
  const log = createLog(options.keepLog ?? Number.POSITIVE_INFINITY);
  const faults = createFaults(createRandom(seed + 1));
  const routes = [
    unitRoutes,
    roomRoutes,
    buildingRoutes,
    rentalObjectRoutes,
    clientRoutes,
    ownerContractRoutes,
    tenantContractRoutes,
    externalImageRoutes,
  ].flatMap((createRoutes) => createRoutes(context));
  const simulator = { latency: options.latency ?? 0 };
  const server = await createServer({
    context,
    routes,
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

/** Lets statuses follow when the day has changed, or the clock was moved, since the last request. */
function createStatusUpdater(context: SimulatorContext): () => void {
  const currentState = () => `${context.clock.today()} ${context.clock.moveCount}`;
  let lastState = currentState();
  return () => {
    if (lastState === currentState()) return;
    lastState = currentState();
    updateAllStatuses(context);
  };
}
