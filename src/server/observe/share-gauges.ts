import type { Registry } from "prom-client";
import type { ShareState } from "../../share/index.ts";
import { gaugeIn } from "./gauges.ts";

/** Adds the gauges of one of several processes, which are read at each scrape. */
export function addShareGauges(registry: Registry, state: () => ShareState): void {
  const gauge = gaugeIn(registry);
  gauge("share_leads", "1 while this process has the lease, of several that share a store.", () =>
    Number(state().hasLease),
  );
  gauge("share_terms", "How often this process has begun to lead.", () => state().terms);
  gauge(
    "share_lag_commits",
    "Commits of the leader that this process has still to apply.",
    () => state().lag,
  );
  gauge("share_store_up", "1 while the store answers (STORE_URL).", () => Number(state().isStoreUp));
  gauge("share_store_refuses", "1 while the store refuses values, as it does while its disk is full.", () =>
    Number(state().isRefused),
  );
}
