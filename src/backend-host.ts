import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicClock } from "./alma/index.ts";
import { type Backend, type BackendOptions, createBackend } from "./backend.ts";
import { ENTRY_FORMAT } from "./catalog/index.ts";
import type { Log } from "./config/index.ts";
import {
  type FatalRequestStorage,
  REFUSED_FOR,
  type ServerOptions,
  type Sharing,
  waitForTarget,
} from "./server/index.ts";
import { createShare, openSingleProcess, type SharedBackend, systemRuntime } from "./share/index.ts";
import {
  checkPostgres,
  createPostgresStore,
  createSeal,
  maintainViews,
  type PostgresAddress,
  postgresFatalRequests,
  sqliteFatalRequests,
} from "./store/index.ts";

/** Cooperation with other processes that tests decide. */
export interface TestSharing extends Sharing {
  /** Publishes the address at which others reach this process. */
  start(peerAddress: string): void;
}

/** The steps by which a process that stops leaves leadership to another, in order. */
interface Succession {
  /** Accepts no more mutations. */
  leave(): void;
  /** Gives up leadership, so that another process can lead. */
  handOver(): Promise<void>;
  /** Resolves when another process leads, or after a time limit. */
  whenFollowed(): Promise<void>;
}

/** The present backend of a process, alone or as one of several, and its start and end. */
interface HostedBackend {
  /** A new one after each term if several processes share a store. */
  backend(): Backend;
  readonly sharing?: Sharing;
  readonly fatalRequestStorage?: FatalRequestStorage;
  storeFails?(): boolean;
  storeProblem?(): string | undefined;
  /**
   * Starts background work. `listenForPeers`: starts to listen for other processes, if there are any, and resolves with
   * the address at which they reach this one.
   */
  start(listenForPeers: () => Promise<string>): Promise<void>;
  /** How leadership passes on to another process, if there are several. */
  readonly succession?: Succession;
  close(): Promise<void>;
  /** Resolves when the backend can start. Rejects with a full sentence if its file cannot be used. */
  readonly opened?: Promise<void>;
}

/**
 * Creates the backend for STORE_URL: for a single process, without a store or with a file, or for one of several
 * processes. `sharing`: how the data of a single process is shared, in tests. `entryFormat`: the version of stored
 * entries, which tests replace. Throws an Error with a full sentence if a database cannot be used.
 */
export async function createBackendHost(
  options: BackendOptions,
  sharing?: TestSharing,
  entryFormat = ENTRY_FORMAT,
) {
  const { postgres } = options.config.storeUrl;
  const hosted =
    postgres === undefined ? hostAlone(options, sharing) : await joinCluster(postgres, options, entryFormat);
  const current = () => hosted.backend();
  const { storeFails, storeProblem } = hosted;
  return {
    ...hosted,
    /** For the server, which is put in front of it. */
    served: {
      graph: {
        ...current().graph.operationParts,
        context: (request) => current().graph.context(request),
        progress: () => current().graph.progress(),
        touch: (touched) => current().graph.touch(touched),
        storedValues: () => current().graph.storedValues(),
      },
      backendStatus: {
        clock: () => current().clock(),
        alma: () => current().alma.state(),
        catalog: () => current().catalog.status(),
        storeFails,
        storeProblem,
      },
      uploads: () => current().alma.uploads,
      sharing: hosted.sharing,
      fatalRequestStorage: hosted.fatalRequestStorage,
    } satisfies Omit<ServerOptions, "config" | "log" | "metrics" | "addRoutes">,
  };
}

/** Hosts the backend of a single process. It continues with the data that an earlier process saved in a file. */
function hostAlone(options: BackendOptions, sharing: TestSharing | undefined): HostedBackend {
  const { file } = options.config.storeUrl;
  const clock = monotonicClock();
  const single = openSingleProcess(options.config, options.log);
  const links = single && { journal: single.journal, storedKeys: single.journal.keys };
  const backend = createBackend(options, clock, links);
  return {
    opened: single?.begin(clock, backend.catalog, backend.graph.noteEarlierWrite),
    backend: () => backend,
    sharing,
    fatalRequestStorage: file === undefined ? undefined : sqliteFatalRequests(file, REFUSED_FOR),
    storeFails: single && (() => single.isRefused),
    storeProblem: () => single?.problem,
    async start(listenForPeers) {
      sharing?.start(await listenForPeers());
      backend.catalog.start();
    },
    async close() {
      // Must run before the reads in progress are aborted, which counts as their failure.
      await single?.close();
      await backend.close();
    },
  };
}

/** A backend of one of several processes. */
type MemberBackend = Backend & SharedBackend;

/** Hosts a backend that joins the processes sharing a store. */
async function joinCluster(
  url: string,
  options: BackendOptions,
  entryFormat: string,
): Promise<HostedBackend> {
  const { config, log } = options;
  const { storePassword, storeCaFile, storeSchema, storeKey, almaUrl, lease } = config;
  const address: PostgresAddress = {
    url,
    password: storePassword,
    ca: storeCaFile === undefined ? undefined : readFileSync(storeCaFile, "utf8"),
    schema: storeSchema,
    timeout: lease / 2,
  };
  const seal = createSeal(storeKey);
  const check = (ownLog: Pick<Log, "warn">) => checkPostgres(address, { almaUrl, seal }, ownLog);
  const isChecked = await check(log);
  const share = createShare<MemberBackend>({
    ...config,
    store: createPostgresStore(address, seal, entryFormat),
    seal,
    runtime: systemRuntime,
    log,
    createBackend(links) {
      const time = stoppedTime();
      const clock = monotonicClock(time.monotonic, time.wall);
      const backend = createBackend(options, clock, links);
      return {
        ...backend,
        startClock(at) {
          time.start();
          clock.advanceTo(at);
          backend.catalog.dates.followClock();
        },
        noteEarlierWrite: (intent) => backend.graph.noteEarlierWrite(intent, clock()),
      };
    },
  });
  const closed = new AbortController();
  const begin = (peerAddress: string) => {
    closed.signal.addEventListener("abort", maintainViews(address, log));
    share.start(peerAddress);
  };
  return {
    backend: () => share.backend,
    sharing: { leadership: share, marks: share, state: () => share.state() },
    fatalRequestStorage: postgresFatalRequests(address, REFUSED_FOR),
    async start(listenForPeers) {
      const peerAddress = await listenForPeers();
      if (isChecked) begin(peerAddress);
      else
        void untilChecked(check, lease / 4, log, closed.signal).then(
          (isUsable) => isUsable && begin(peerAddress),
        );
    },
    succession: {
      leave: () => share.leave(),
      handOver: () => share.handOver(),
      async whenFollowed() {
        await waitForTarget(share, { mayWrite: true }, config.leaderWait);
      },
    },
    async close() {
      closed.abort();
      await share.close();
    },
  };
}

/** Checks a store as soon as it is reachable. Returns false if it must not be used; the process then stays unready. */
async function untilChecked(
  check: (log: Pick<Log, "warn">) => Promise<boolean>,
  interval: number,
  log: Log,
  closed: AbortSignal,
) {
  const quiet = { warn: () => {} };
  try {
    while (!closed.aborted && !(await check(quiet))) await sleep(interval, undefined, { ref: false });
    return !closed.aborted;
  } catch (error) {
    log.error({ reason: (error as Error).message }, "the store must not be used as it is");
    return false;
  }
}

/** A clock that stays at 0 until it is started. */
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
