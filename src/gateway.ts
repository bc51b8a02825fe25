import { createAlma, type LinkNetwork, monotonicClock } from "./alma/index.ts";
import { loadMapping, mappingErrors } from "./bitrix/index.ts";
import { Catalog } from "./catalog/index.ts";
import type { Config, SettingValues } from "./config.ts";
import { createGraph } from "./graph/index.ts";
import { createMetrics, createServer, findSettingFileErrors, type Log, loadTracing } from "./server/index.ts";

/** A whole gateway in this process. */
export interface Gateway {
  readonly catalog: Catalog;
  /** Begins to answer and to warm up; resolves with the address. */
  listen(): Promise<string>;
  /** Answers what is in flight, then ends everything. */
  close(): Promise<void>;
}

/** What is wrong with the files that a configuration names: a sentence for each fault. */
export const findFileErrors = (values: Partial<SettingValues>): readonly string[] => [
  ...mappingErrors(values),
  ...findSettingFileErrors(values),
];

/** How a gateway differs from what an operator starts. */
export interface GatewayOptions {
  /** How names in links to files are resolved and whose certificates count, if not as the system does it. */
  readonly linkNetwork?: Omit<LinkNetwork, "networks">;
  /** Milliseconds for which `close` keeps idle connections at least; see `ServerOptions`. */
  readonly shutdownGrace?: number;
}

/** Puts the parts together: Alma, what we know of it, the graph over that, the process around it. */
export async function createGateway(
  config: Config,
  log: Log,
  { linkNetwork, shutdownGrace }: GatewayOptions = {},
): Promise<Gateway> {
  const clock = monotonicClock();
  const today = createCalendar(config.timeZone);
  const metrics = createMetrics();
  const tracing = config.otel ? await loadTracing() : undefined;
  const alma = createAlma({
    url: config.almaUrl,
    apiKey: config.almaApiKey,
    clock,
    log,
    concurrency: config.almaConcurrency,
    timeout: config.almaTimeout,
    ...(config.fileForm !== "auto" && { fileForm: config.fileForm }),
    files: { maxBytes: config.maxFile, timeout: config.fileTimeout },
    linkNetwork: { ...linkNetwork, networks: config.fileNetworks },
    ...(tracing && { trace: tracing.traceAlmaCall }),
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
    refreshRate: config.refreshRate,
    warmUpConcurrency: config.warmUpConcurrency,
    maxCalls: config.maxCalls,
    onListFailure: ({ code, message }) => log.warn({ code }, `${message} The gateway goes on trying.`),
  });
  const report = (error: unknown, requestId: string) => log.error({ error, requestId }, "unforeseen");
  const graph = createGraph({
    alma,
    catalog,
    maxPage: config.maxPage,
    maxResponse: config.maxResponse,
    projectId: config.almaProjectId,
    almaTimeout: config.almaTimeout,
    bitrix: {
      mapping: loadMapping(config.bitrixMapping),
      maxItems: config.bitrixMaxItems,
      maxFiles: config.bitrixMaxFiles,
    },
    today,
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
  });
  return {
    catalog,
    async listen() {
      const address = await server.listen();
      catalog.start();
      return address;
    },
    async close() {
      await server.close();
      await catalog.stop();
      await alma.close();
    },
  };
}

/** Today's date in a time zone, `YYYY-MM-DD`: worked out once a second, since each operation asks. */
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
