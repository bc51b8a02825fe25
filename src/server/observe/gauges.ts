import { Gauge } from "prom-client";
import type { AlmaState } from "../../alma/index.ts";
import type { KindStatus } from "../../catalog/index.ts";
import type { Config } from "../../config/index.ts";
import type { ShareState } from "../../share/index.ts";
import { METRIC_PREFIX, type Metrics } from "./metrics.ts";

/** Adds the gauges of one of several processes. They are read at each scrape. */
export function addShareGauges({ gauge }: Metrics, state: () => ShareState): void {
  gauge("share_leads", "1 while this process has the lease, of several that share a store.", () =>
    Number(state().hasLease),
  );
  gauge("share_terms", "How often this process has begun to lead.", () => state().terms);
  gauge("share_lag_commits", "Commits of the leader that this process has yet to apply.", () => state().lag);
  gauge("share_store_up", "1 while the store answers (STORE_URL).", () => Number(state().isStoreUp));
  gauge("share_store_refuses", "1 while the store refuses values, as it does while its disk is full.", () =>
    Number(state().isRefused),
  );
}

/** The state of Alma and the catalog, for readiness and metrics. */
export interface BackendStatus {
  /** The clock of `alma().lastSuccess`. */
  readonly clock: () => number;
  alma(): AlmaState;
  catalog(): readonly KindStatus[];
  /** Returns whether the file of STORE_URL cannot be written. Omitted if there is no file. */
  storeFails?(): boolean;
  /** Describes a problem of the store for operators. */
  storeProblem?(): string | undefined;
}

/** The load of this process. Each gauge is described where it is added. */
type ServerLoad = Readonly<
  Record<
    "operations" | "reports" | "waitingReports" | "unreadBytes" | "requests" | "cachedBytes" | "warm",
    () => number
  >
>;

/** Adds gauges that are read at each scrape. */
export function addGauges(
  { registry, gauge }: Metrics,
  load: ServerLoad,
  { clock, alma, catalog, storeFails }: BackendStatus,
  { catalogMaxAge, closedMaxAge }: Pick<Config, "catalogMaxAge" | "closedMaxAge">,
): void {
  gauge("operations_in_flight", "Operations in flight.", load.operations);
  gauge("reports_in_flight", "Reports that run.", load.reports);
  gauge("reports_waiting", "Reports in the queue.", load.waitingReports);
  gauge("unread_bytes", "Bytes of answers that wait for their readers.", load.unreadBytes);
  gauge("http_requests_in_flight", "HTTP requests in flight.", load.requests);
  gauge("kept_answers_bytes", "Bytes of cached answers.", load.cachedBytes);
  gauge("catalog_warm", "1 once the catalog has been filled.", load.warm);
  if (storeFails)
    gauge("store_fails", "1 while the file of STORE_URL cannot be written.", () => Number(storeFails()));
  gauge("alma_in_flight", "Calls to Alma in flight.", () => alma().inFlight);
  gauge("alma_limit", "Calls to Alma that may be in flight (ALMA_CONCURRENCY).", () => alma().limit);
  gauge(
    "alma_pace",
    "Calls a second that Alma accepts without 429; NaN while it accepts all.",
    () => alma().pace ?? NaN,
  );
  gauge("alma_queued", "Calls that wait for a slot (ALMA_CONCURRENCY).", () => alma().queued);
  gauge("alma_down", "1 while calls fail at once because Alma does not answer.", () =>
    Number(alma().downFor !== undefined),
  );
  gauge(
    "alma_held_seconds",
    "Seconds for which calls are still paused at Alma's request.",
    () => (alma().pausedFor ?? 0) / 1000,
  );
  gauge("alma_last_success_age_seconds", "Seconds since Alma last answered 2xx; NaN if never.", () => {
    const { lastSuccess } = alma();
    return lastSuccess === undefined ? NaN : (clock() - lastSuccess) / 1000;
  });
  let statuses: readonly KindStatus[] | undefined;
  const gaugePerKind = (name: string, help: string, read: (status: KindStatus) => number | undefined) =>
    new Gauge({
      name: METRIC_PREFIX + name,
      help,
      labelNames: ["kind"],
      registers: [registry],
      collect() {
        // All gauges of a scrape are read in the same tick, so they share one count of all records.
        if (!statuses) setImmediate(() => (statuses = undefined));
        statuses ??= catalog();
        for (const kindStatus of statuses) this.set({ kind: kindStatus.kind }, read(kindStatus) ?? NaN);
      },
    });
  gaugePerKind("catalog_records", "Records that Alma's list names.", ({ listed }) => listed);
  gaugePerKind("catalog_remembered", "Records with any cached data.", ({ remembered }) => remembered);
  gaugePerKind("catalog_unread", "Records whose details are not known.", ({ unread }) => unread);
  gaugePerKind("catalog_list_age_seconds", "Age of the list; NaN if never read.", ({ listAge }) => listAge);
  gaugePerKind(
    "catalog_age_seconds",
    "Age of the oldest detail that is known; NaN if never read.",
    ({ indexAge }) => indexAge,
  );
  gaugePerKind(
    "catalog_closed_age_seconds",
    "Age of the oldest detail of a closed record; NaN if there is none.",
    ({ closedAge }) => closedAge,
  );
  gaugePerKind(
    "catalog_refresh_lag_seconds",
    "By how much the oldest detail is older than CATALOG_MAX_AGE, or CLOSED_MAX_AGE if closed.",
    ({ indexAge, closedAge = 0 }) =>
      indexAge === undefined
        ? undefined
        : Math.max(
            0,
            indexAge - catalogMaxAge / 1000,
            closedAge - Math.max(closedMaxAge, catalogMaxAge) / 1000,
          ),
  );
}
