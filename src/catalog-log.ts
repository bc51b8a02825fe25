import type { CatalogOptions } from "./catalog/index.ts";
import type { Log } from "./config/index.ts";
import type { Metrics } from "./server/index.ts";

/** Creates the log messages about the catalog's background work. `refreshRate`: see REFRESH_RATE. */
export function createCatalogMessages(log: Log, metrics: Metrics["alma"], refreshRate: number) {
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
  } satisfies Partial<CatalogOptions>;
}
