import { type AlmaOptions, type Clock, createAlma, type LinkNetwork } from "./alma/index.ts";
import type { Ports } from "./capability.ts";
import {
  type BackgroundOptions,
  type CatalogOptions,
  createCatalog,
  kindDefinitions,
  type ScopeOfField,
} from "./catalog/index.ts";
import { type Calendar, type Config, decimalsOf, type Log } from "./config/index.ts";
import { createGraph, type ExecutableSchema, type Inject, type WriteServiceOptions } from "./graph/index.ts";
import type { Metrics } from "./server/index.ts";

/** The parts that use Alma, on one clock: client, catalog and graph. */
export type Backend = ReturnType<typeof createBackend>;

/** Options shared by all backends of a process, besides the clock. */
export interface BackendOptions {
  readonly ports: Ports;
  readonly inject: Inject;
  readonly executable: ExecutableSchema;
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly apiKey: () => string;
  /** The calendar of the portfolio. */
  readonly calendar: Calendar;
  /** Replaces the system's name resolution and certificates for file links. */
  readonly linkNetwork?: Omit<LinkNetwork, "networks">;
  /** Replaces the connections to Alma. */
  readonly dispatcher?: AlmaOptions["dispatcher"];
}

/** Composes a backend. Nothing is read before it is started or queried. */
export function createBackend(
  options: BackendOptions,
  clock: Clock,
  { gate, journal, storedKeys }: WriteServiceOptions & Pick<AlmaOptions, "gate"> = {},
) {
  const { config, log, metrics, apiKey, calendar, linkNetwork, dispatcher, ports, inject, executable } =
    options;
  const scopeOf: ScopeOfField = (kind, field) =>
    // With a key, the store contains no Bitrix id in clear text.
    field === "externalId" && config.storeKey
      ? "PERSONAL"
      : executable.requiredScopes.get(`${kindDefinitions[kind].typeName}.${field}`);
  const alma = createAlma({
    url: config.almaUrl,
    apiKey,
    clock,
    log,
    concurrency: config.almaConcurrency,
    timeout: config.almaTimeout,
    fileForm: config.fileForm === "auto" ? undefined : config.fileForm,
    files: { maxBytes: config.maxFile, timeout: config.fileTimeout },
    linkNetwork: { ...linkNetwork, networks: config.fileNetworks },
    dispatcher,
    gate,
    onCall: metrics.alma.onCall,
    onUndocumented: metrics.alma.onUndocumented,
  });
  const { onListLoss, ...backgroundMessages } = createCatalogMessages(log, metrics.alma, config.refreshRate);
  const catalog = createCatalog({
    ...config,
    alma,
    clock,
    today: calendar.today,
    background: config.catalog
      ? { ...config, ...backgroundMessages, sinceMidnight: () => calendar.sinceMidnight() }
      : undefined,
    createRecorder: ports.createRecorder,
    scopeOf,
    onListLoss,
  });
  const graph = createGraph({
    ...config,
    ...ports,
    executable,
    inject,
    alma,
    catalog,
    projectId: config.almaProjectId,
    calendar,
    rent: {
      pricePeriods: config.pricePeriods,
      decimals: config.currency === undefined ? 2 : decimalsOf(config.currency),
    },
    report: (error, requestId) => log.error({ error, requestId }, "unexpected error in a field"),
    journal,
    storedKeys,
  });
  return {
    clock,
    alma,
    catalog,
    graph,
    /** Ends background work and all reads, and closes the connections once the calls in progress are over. */
    async close() {
      await catalog.stop();
      await alma.close();
    },
  };
}

/** Creates the log messages about the catalog's background work. `refreshRate`: see REFRESH_RATE. */
function createCatalogMessages(log: Log, metrics: Metrics["alma"], refreshRate: number) {
  return {
    onRefreshCost(cost) {
      const message = `Keeping ${cost.records} records up to date, ${cost.closed} of them closed, takes ${cost.calls} calls to Alma an hour`;
      if (cost.neededRate <= refreshRate) return log.info(cost, `${message}.`);
      log.warn(
        cost,
        `${message}. REFRESH_RATE allows fewer, so data becomes older than CATALOG_MAX_AGE. Set REFRESH_RATE=${cost.neededRate} if Alma accepts that, or raise CATALOG_MAX_AGE.`,
      );
    },
    onListFailure: ({ code, message }) => log.warn({ code }, `${message} The gateway keeps trying.`),
    onListLoss(kind, left, of) {
      metrics.onListLoss(kind);
      log.warn(
        { kind, left, of },
        `Alma's list of kind ${kind} no longer names ${left} of ${of} records. They are kept as unlisted, and each is read ` +
          "to learn whether it is still there. If they should be listed, ask Alma's operator.",
      );
    },
  } satisfies Partial<CatalogOptions & BackgroundOptions>;
}
