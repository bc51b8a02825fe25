import type { RefreshCost } from "./catalog/index.ts";
import type { Config, Log } from "./config/index.ts";

/** Logs what an hour of refreshing costs, and warns if the rate is too low for so many records. */
export function logRefreshCost(
  { refresh, refreshRate, catalogMaxAge }: Config,
  { records, closed, listCalls, detailCalls, lag }: RefreshCost,
  log: Log,
): void {
  const total = listCalls + detailCalls;
  const withoutDemand = refresh === "demand" ? `, down to ${listCalls} while only lists are queried` : "";
  const advice =
    refresh === "steady" ? " REFRESH=demand would save the latter while only lists are queried." : "";
  log.info(
    { records, closed, listCalls, detailCalls },
    `Keeping ${records} records up to date, ${closed} of them closed, takes ${total} calls to Alma an hour${withoutDemand}: ${listCalls} for ` +
      `lists, ${detailCalls} for details.${advice}`,
  );
  if (!lag) return;
  const age = Math.ceil(lag.age / 1000);
  log.warn(
    { records },
    `The refresh makes ${refreshRate} calls a second, so that data of ${records} records becomes ${age} s old, and ` +
      `CATALOG_MAX_AGE is ${catalogMaxAge / 1000} s. It is served nevertheless. REFRESH_RATE=${lag.neededRate} would ` +
      `avoid it, if Alma can take that, or CATALOG_MAX_AGE=${age}.`,
  );
}
