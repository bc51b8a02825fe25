import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicClock } from "./alma/index.ts";
import { type Backend, type BackendOptions, createBackend, type GatewayPart } from "./backend.ts";
import { ENTRY_FORMAT } from "./catalog/index.ts";
import type { Config, Log } from "./config/index.ts";
import { waitForAnswerer } from "./server/index.ts";
import { createSharedStore, Share, type SharedBackend } from "./share/index.ts";
import { checkEngine, createSeal, Engine, Line } from "./store/index.ts";

/** Milliseconds. */
const storeTimeout = 250;

/** A backend of one of several processes. */
interface MemberBackend extends Backend, SharedBackend {}

/**
 * Joins the processes that share an engine (VALKEY_URL). `entryFormat`: what the form of stored entries is called; in
 * tests, as if this process were of another version. Throws if the engine must not be used as it is.
 */
export async function joinEngine(
  config: Config & { readonly valkeyUrl: string },
  options: BackendOptions,
  entryFormat = ENTRY_FORMAT,
): Promise<GatewayPart> {
  const { valkeyUrl, valkeyPassword, valkeyCaFile, valkeyPrefix, storeKey, lease } = config;
  const { almaTimeout, writeSettlingTime, leaderWait } = config;
  const address = {
    url: valkeyUrl,
    password: valkeyPassword,
    ca: valkeyCaFile === undefined ? undefined : readFileSync(valkeyCaFile, "utf8"),
    timeout: lease / 2,
  };
  const engine = new Engine(address, valkeyPrefix, entryFormat);
  const isChecked = await checkEngine(engine, config, options.log);
  const seal = createSeal(storeKey === "off" ? undefined : storeKey);
  // Callers wait for its answers.
  const storeLine = new Line({ ...address, timeout: Math.min(address.timeout, storeTimeout) });
  const share = new Share<MemberBackend>({
    engine,
    seal,
    lease,
    almaTimeout,
    writeSettlingTime,
    leaderWait,
    log: options.log,
    createBackend({ gate, journal, storedKeys }) {
      const time = stoppedTime();
      const clock = monotonicClock(time.monotonic, time.wall);
      const backend = createBackend(options, clock, { gate, journal, storedKeys });
      return {
        ...backend,
        startClock(at) {
          time.start();
          clock.advanceTo(at);
          backend.catalog.dates.followClock();
        },
        noteEarlierWrite: (intent) => backend.graph.noteEarlierWrite(intent, clock(), false),
        lead: () => backend.catalog.start(),
        stopBackgroundWork: () => backend.catalog.stopBackgroundWork(),
        retire: () => backend.close(),
      };
    },
  });
  const closed = new AbortController();
  const current = () => share.backend;
  const { graph } = current();
  return {
    served: {
      graph: {
        ...graph,
        context: (request) => current().graph.context(request),
        progress: () => current().graph.progress(),
      },
      backendStatus: {
        clock: () => current().clock(),
        alma: () => current().alma.state(),
        catalog: () => current().catalog.status(),
      },
      uploads: {
        acceptsOnlyLinks: (...args) => current().alma.uploads.acceptsOnlyLinks(...args),
        sendFile: (...args) => current().alma.uploads.sendFile(...args),
        sendLink: (...args) => current().alma.uploads.sendLink(...args),
        checkLink: (...args) => current().alma.uploads.checkLink(...args),
      },
      sharing: {
        leadership: share,
        marks: share,
        state: () => share.state(),
        store: createSharedStore(storeLine, seal, `${valkeyPrefix}:shared`),
      },
    },
    catalog: () => current().catalog,
    start(peerAddress) {
      if (isChecked) share.start(peerAddress);
      else
        void untilChecked(engine, config, options.log, closed.signal).then(
          (isUsable) => isUsable && share.start(peerAddress),
        );
    },
    leave: () => share.leave(),
    handOver: () => share.handOver(),
    async whenFollowed() {
      await waitForAnswerer(share, { mayWrite: true }, leaderWait, new AbortController().signal);
    },
    async close() {
      closed.abort();
      storeLine.close();
      await share.close();
    },
  };
}

/** Checks an engine once it can be reached. Returns false if it must not be used: the process stays unready. */
async function untilChecked(engine: Engine, config: Config, log: Log, closed: AbortSignal): Promise<boolean> {
  const quiet = { warn: () => {} };
  try {
    while (!closed.aborted && !(await checkEngine(engine, config, quiet)))
      await sleep(config.lease / 4, undefined, { ref: false });
    return !closed.aborted;
  } catch (error) {
    log.error({ reason: (error as Error).message }, "the engine must not be used as it is");
    return false;
  }
}

/** The time of the process, which stands still at 0 until it is started. */
function stoppedTime() {
  let origin: { readonly monotonic: number; readonly wall: number } | undefined;
  return {
    start() {
      origin ??= { monotonic: performance.now(), wall: Date.now() };
    },
    monotonic: () => (origin ? performance.now() - origin.monotonic : 0),
    wall: () => (origin ? Date.now() - origin.wall : 0),
  };
}
