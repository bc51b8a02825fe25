import { type AlmaOptions, createAlma, type LinkNetwork, monotonicClock, mostCalls } from "./alma/index.ts";
import { readAlmaKey } from "./alma-key.ts";
import { loadMapping, mappingErrors } from "./bitrix/index.ts";
import { Catalog } from "./catalog/index.ts";
import type { Config, SettingValues } from "./config.ts";
import { createGraph } from "./graph/index.ts";
import { logRefreshCost } from "./log-refresh-cost.ts";
import { decimalsOf } from "./price-setting.ts";
import {
  createMetrics,
  createServer,
  findSettingFileErrors,
  type Log,
  loadTracing,
  type Sharing,
} from "./server/index.ts";

/** A gateway with all its parts, in this process. */
export interface Gateway {
  readonly catalog: Catalog;
  /** Starts listening and the warm-up; resolves with the address. */
  listen(): Promise<string>;
  /** Becomes unready, and answers as before for DRAIN_DELAY, in which balancers learn to look elsewhere. */
  drain(): Promise<void>;
  /** Answers the requests in flight, then stops everything. */
  close(): Promise<void>;
}

/** A sentence for each fault of the files that a configuration names. */
export const findFileErrors = (values: Partial<SettingValues>): readonly string[] => [
  ...mappingErrors(values),
  ...findSettingFileErrors(values),
];

/** Options for tests, which an operator cannot set. */
export interface GatewayOptions {
  /** Replaces the system's name resolution and certificates for links to files. */
  readonly linkNetwork?: Omit<LinkNetwork, "networks">;
  /** The minimum time, in milliseconds, for which `close` keeps idle connections open. */
  readonly shutdownGrace?: number;
  /** Shares the work with other processes; `start` gets the address at which they reach this one. */
  readonly sharing?: Sharing & { start(peerAddress: string): void };
  /** Replaces the connections to Alma. */
  readonly dispatcher?: AlmaOptions["dispatcher"];
}

/** Composes a gateway: the client of Alma, the catalog, the graph and the server. */
export async function createGateway(
  config: Config,
  log: Log,
  { linkNetwork, shutdownGrace, sharing, dispatcher }: GatewayOptions = {},
): Promise<Gateway> {
  const clock = monotonicClock();
  const today = createCalendar(config.timeZone);
  const metrics = createMetrics();
  const tracing = config.otel ? await loadTracing() : undefined;
  const alma = createAlma({
    url: config.almaUrl,
    apiKey: readAlmaKey(config, log),
    clock,
    log,
    concurrency: config.almaConcurrency,
    timeout: config.almaTimeout,
    ...(config.fileForm !== "auto" && { fileForm: config.fileForm }),
    files: { maxBytes: config.maxFile, timeout: config.fileTimeout },
    linkNetwork: { ...linkNetwork, networks: config.fileNetworks },
    ...(tracing && { trace: tracing.traceAlmaCall }),
    ...(dispatcher && { dispatcher }),
    onCall: metrics.alma.onCall,
    onUndocumentedField: metrics.alma.onUndocumentedField,
    onUndocumentedValue: metrics.alma.onUndocumentedValue,
  });
  const catalog = new Catalog({
    alma,
    clock,
    today,
    hasBackgroundWork: config.catalog,
    maxAge: config.maxAge,
    catalogMaxAge: config.catalogMaxAge,
    refresh: config.refresh,
    refreshRate: config.refreshRate,
    warmUpConcurrency: config.warmUpConcurrency,
    almaConcurrency: mostCalls(config.almaConcurrency),
    maxCalls: config.maxCalls,
    onRefreshCost: (cost) => logRefreshCost(config, cost, log),
    onListFailure: ({ code, message }) => log.warn({ code }, `${message} The gateway keeps trying.`),
  });
  const report = (error: unknown, requestId: string) =>
    log.error({ error, requestId }, "unexpected error in a field");
  const graph = createGraph({
    alma,
    catalog,
    maxPage: config.maxPage,
    maxResponse: config.maxResponse,
    projectId: config.almaProjectId,
    almaTimeout: config.almaTimeout,
    writeSettlingTime: config.writeSettlingTime,
    bitrix: {
      mapping: loadMapping(config.bitrixMapping),
      maxItems: config.bitrixMaxItems,
      maxFiles: config.bitrixMaxFiles,
    },
    today,
    rent: {
      pricePeriods: config.pricePeriods,
      decimals: config.currency === undefined ? 2 : decimalsOf(config.currency),
    },
    report,
  });
  const backendStatus = { clock, alma: alma.state, catalog: () => catalog.status() };
  const { uploads } = alma;
  const server = await createServer({
    config,
    graph,
    log,
    metrics,
    backendStatus,
    uploads,
    tracing,
    ...(shutdownGrace !== undefined && { shutdownGrace }),
    ...(sharing && { sharing }),
  });
  return {
    catalog,
    async listen() {
      const address = await server.listen();
      sharing?.start(await server.listenForPeers());
      catalog.start();
      return address;
    },
    drain: () => server.drain(),
    async close() {
      await server.close();
      await catalog.stop();
      await alma.close();
    },
  };
}

/** Returns a function that returns today's date in a time zone, `YYYY-MM-DD`, and formats it at most once a second. */
function createCalendar(timeZone: string): () => string {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  let cached = { second: Number.NaN, day: "" };
  return () => {
    const now = Date.now();
    const second = Math.floor(now / 1000);
    if (second !== cached.second) cached = { second, day: format.format(now) };
    return cached.day;
  };
}
