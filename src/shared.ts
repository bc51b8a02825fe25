import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicClock } from "./alma/index.ts";
import { type Backend, type BackendOptions, createBackend, type GatewayPart } from "./backend.ts";
import { ENTRY_FORMAT } from "./catalog/index.ts";
import type { Log } from "./config/index.ts";
import { waitForAnswerer } from "./server/index.ts";
import { Share, type SharedBackend, systemRuntime } from "./share/index.ts";
import { checkPostgres, createSeal, type PostgresAddress, PostgresStore } from "./store/index.ts";

/** A backend of one of several processes. */
interface MemberBackend extends Backend, SharedBackend {}

/**
 * Joins the processes that share a store (STORE_URL=postgres://). `entryFormat`: what the form of stored entries is
 * called; in tests, as if this process were of another version. Throws if the store must not be used as it is.
 */
export async function joinStore(
  url: string,
  options: BackendOptions,
  entryFormat = ENTRY_FORMAT,
): Promise<GatewayPart> {
  const { config, log } = options;
  const { storePassword, storeCaFile, storeSchema, storeKey, almaUrl } = config;
  const { lease, almaTimeout, writeSettlingTime, leaderWait } = config;
  const address: PostgresAddress = {
    url,
    password: storePassword,
    ca: storeCaFile === undefined ? undefined : readFileSync(storeCaFile, "utf8"),
    schema: storeSchema,
    timeout: lease / 2,
  };
  const key = storeKey === "off" ? undefined : storeKey;
  const seal = createSeal(key);
  const check = (ownLog: Pick<Log, "warn">) =>
    checkPostgres(address, { almaUrl, seal, isEncrypted: key !== undefined }, ownLog);
  const isChecked = await check(log);
  const store = new PostgresStore(address, seal, entryFormat);
  const share = new Share<MemberBackend>({
    store,
    seal,
    runtime: systemRuntime,
    lease,
    almaTimeout,
    writeSettlingTime,
    leaderWait,
    log,
    historyKeep: config.historyKeep,
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
      },
    },
    catalog: () => current().catalog,
    start(peerAddress) {
      if (isChecked) share.start(peerAddress);
      else
        void untilChecked(check, lease / 4, log, closed.signal).then(
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
      await share.close();
    },
  };
}

/** Checks a store once it can be reached. Returns false if it must not be used: the process stays unready. */
async function untilChecked(
  check: (log: Pick<Log, "warn">) => Promise<boolean>,
  interval: number,
  log: Log,
  closed: AbortSignal,
): Promise<boolean> {
  const quiet = { warn: () => {} };
  try {
    while (!closed.aborted && !(await check(quiet))) await sleep(interval, undefined, { ref: false });
    return !closed.aborted;
  } catch (error) {
    log.error({ reason: (error as Error).message }, "the store must not be used as it is");
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
