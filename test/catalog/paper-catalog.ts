import type { Alma } from "../../src/alma/index.ts";
import { Catalog, type CatalogOptions } from "../../src/catalog/index.ts";
import { PaperAlma } from "../independent/paper-alma.ts";

/** A catalog over an Alma on paper, which has units and rooms and nothing else; time passes when a test says so. */
export function paperCatalog(
  options: Partial<CatalogOptions> = {},
  change: (alma: Alma, clock: () => number) => object = () => ({}),
) {
  let now = 0;
  const clock = () => ++now;
  const paper = new PaperAlma(clock);
  const none = { list: async () => ({ at: clock(), value: { items: [], unreadable: 0 } }) };
  const others = { building: none, client: none, ownerContract: none, tenantContract: none };
  const alma = { ...paper.alma, ...others, state: () => ({}) } as unknown as Alma;
  const catalog = new Catalog({
    alma: { ...alma, ...change(alma, clock) },
    clock,
    background: true,
    maxAge: 60_000,
    catalogMaxAge: 300_000,
    refreshRate: 5,
    warmUpConcurrency: 1,
    maxCalls: 100,
    today: () => "2026-01-01",
    ...options,
  });
  const wait = (ms: number) => {
    now += ms;
  };
  /** Ends the background work, answering what it still waits for. */
  const stop = async () => {
    const stopped = catalog.stop();
    for (const { answer } of [...paper.pending]) answer();
    await stopped;
  };
  return { paper, catalog, clock, wait, stop };
}
