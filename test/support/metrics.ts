import { capabilities } from "../../src/capabilities.ts";
import { prepareAll } from "../../src/compose.ts";
import { createCalendar } from "../../src/config/index.ts";
import { createLog, createMetrics } from "../../src/server/index.ts";
import { addGauges, addShareGauges } from "../../src/server/observe/gauges.ts";
import { testConfigOf } from "./config.ts";

/** The names of all metrics of a gateway, in order of output. */
export function metricNames(): readonly string[] {
  const metrics = createMetrics();
  const config = testConfigOf({ ALMA_URL: "https://alma.example/external_api/", ALMA_API_KEY: "k" });
  const calendar = createCalendar(config.timeZone);
  prepareAll(capabilities, { config, log: createLog("silent"), metrics, calendar, apiKey: () => "k" });
  const none = () => 0;
  const load = {
    operations: none,
    reports: none,
    waitingReports: none,
    requests: none,
    cachedBytes: none,
    unreadBytes: none,
    jobRows: () => 0,
    warm: () => 1,
  };
  // Read only by a scrape, which does not occur here.
  const unread = () => {
    throw new Error("Nobody scrapes.");
  };
  addGauges(
    metrics,
    load,
    { clock: unread, alma: unread, catalog: unread, storeFails: unread },
    {
      catalogMaxAge: 0,
      closedMaxAge: 0,
    },
  );
  addShareGauges(metrics, unread);
  return metrics.registry.getMetricsAsArray().map(({ name }) => name);
}
