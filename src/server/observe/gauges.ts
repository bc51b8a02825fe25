import { Gauge, type Registry } from "prom-client";
import type { AlmaState } from "../../alma/index.ts";
import type { KindStatus } from "../../catalog/index.ts";

/** How the parts behind the graph are doing, for readiness and metrics. */
export interface BackendStatus {
  /** The clock that `alma().lastSuccess` was read from. */
  readonly clock: () => number;
  alma(): AlmaState;
  catalog(): readonly KindStatus[];
}

/** How this process itself is doing. */
export interface ServerLoad {
  operations(): number;
  requests(): number;
  warm(): boolean;
}

const prefix = "alma_gateway_";

/** Shows, at each scrape, what is true then. `maxAge` is the age in ms that details are promised to be under. */
export function addGauges(
  registry: Registry,
  load: ServerLoad,
  backendStatus: BackendStatus | undefined,
  maxAge: number,
): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: prefix + name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge("operations_in_flight", "Operations under way.", load.operations);
  gauge("http_requests_in_flight", "HTTP requests under way.", load.requests);
  gauge("catalog_warm", "1 once the first reading of everything is over.", () => Number(load.warm()));
  if (!backendStatus) return;
  const { clock, alma, catalog } = backendStatus;
  gauge("alma_in_flight", "Calls to Alma under way.", () => alma().inFlight);
  gauge("alma_queued", "Calls that wait for their turn (ALMA_CONCURRENCY).", () => alma().queued);
  gauge("alma_down", "1 while calls fail at once because Alma does not answer.", () =>
    Number(alma().downFor !== undefined),
  );
  gauge("alma_held_seconds", "Seconds for which Alma still wants to be left alone.", () => {
    return (alma().pausedFor ?? 0) / 1000;
  });
  gauge("alma_last_success_age_seconds", "Seconds since Alma last answered 2xx; NaN if never.", () => {
    const { lastSuccess } = alma();
    return lastSuccess === undefined ? Number.NaN : (clock() - lastSuccess) / 1000;
  });
  let statuses: readonly KindStatus[] | undefined;
  // It goes through all records: once for all gauges of a scrape, which are read in one turn.
  const readStatuses = () => {
    if (!statuses) setImmediate(() => (statuses = undefined));
    statuses ??= catalog();
    return statuses;
  };
  const gaugePerKind = (name: string, help: string, read: (status: KindStatus) => number | undefined) =>
    new Gauge({
      name: prefix + name,
      help,
      labelNames: ["kind"],
      registers: [registry],
      collect() {
        for (const kindStatus of readStatuses())
          this.set({ kind: kindStatus.kind }, read(kindStatus) ?? Number.NaN);
      },
    });
  gaugePerKind("catalog_records", "Records that Alma's list names.", ({ listed }) => listed);
  gaugePerKind("catalog_remembered", "Records of which anything is known.", ({ remembered }) => remembered);
  gaugePerKind("catalog_unread", "Records whose details are not known.", ({ unread }) => unread);
  gaugePerKind("catalog_list_age_seconds", "Age of the list; NaN if never read.", ({ listAge }) => listAge);
  gaugePerKind(
    "catalog_age_seconds",
    "Age of the oldest detail that is known; NaN if never read.",
    (status) => {
      return status.indexAge;
    },
  );
  gaugePerKind(
    "catalog_refresh_lag_seconds",
    "By how much the oldest detail is older than CATALOG_MAX_AGE.",
    (status) => (status.indexAge === undefined ? undefined : Math.max(0, status.indexAge - maxAge / 1000)),
  );
}
