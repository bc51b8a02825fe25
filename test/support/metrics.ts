import { createMetrics } from "../../src/server/index.ts";
import { addGauges, addShareGauges } from "../../src/server/observe/gauges.ts";

/** The names of all metrics of a gateway, in the order in which it answers them. */
export function metricNames(): readonly string[] {
  const { registry } = createMetrics();
  const none = () => 0;
  const load = {
    operations: none,
    reports: none,
    waitingReports: none,
    requests: none,
    keptBytes: none,
    streams: none,
    unreadBytes: none,
    jobRows: () => 0,
    warm: () => 1,
  };
  // Read at a scrape only, of which there is none here.
  const unread = () => {
    throw new Error("Nobody scrapes.");
  };
  addGauges(
    registry,
    load,
    { clock: unread, alma: unread, catalog: unread, storeFails: unread },
    {
      catalogMaxAge: 0,
      closedMaxAge: 0,
    },
  );
  addShareGauges(registry, unread);
  return registry.getMetricsAsArray().map(({ name }) => name);
}
