import { Gauge, type Registry } from "prom-client";
import type { ShareState } from "../../share/index.ts";

/** Adds the gauges of one of several processes, which are read at each scrape. */
export function addShareGauges(registry: Registry, state: () => ShareState): void {
  const gauge = (name: string, help: string, read: (state: ShareState) => number) =>
    new Gauge({
      name: `alma_gateway_share_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read(state()));
      },
    });
  gauge("leads", "1 while this process has the lease, of several that share an engine.", ({ hasLease }) =>
    Number(hasLease),
  );
  gauge("terms", "How often this process has begun to lead.", ({ terms }) => terms);
  gauge("lag_commits", "Commits of the leader that this process has still to apply.", ({ lag }) => lag);
  gauge("engine_up", "1 while the engine answers (VALKEY_URL).", ({ isEngineUp }) => Number(isEngineUp));
  gauge(
    "engine_refuses",
    "1 while the engine refuses values, as it does while it is full.",
    ({ isRefused }) => Number(isRefused),
  );
}
