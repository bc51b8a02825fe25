import { vi } from "vitest";
import type { Alma, Listing, Reading } from "../../src/alma/index.ts";
import {
  type BackgroundOptions,
  type CachedRecord,
  type CatalogOptions,
  createCatalog,
} from "../../src/catalog/index.ts";
import { PaperAlma } from "../independent/paper-alma.ts";

/** The options of a catalog and of its background work, which it has by default. */
type PaperOptions = Partial<CatalogOptions & BackgroundOptions> & { readonly hasBackgroundWork?: boolean };

/** A catalog over a paper Alma with only units and rooms. Tests advance its clock. */
export function paperCatalog(
  { hasBackgroundWork = true, ...options }: PaperOptions = {},
  change: (alma: Alma, clock: () => number) => object = () => ({}),
) {
  let now = 0;
  const clock = () => ++now;
  const paper = new PaperAlma(clock);
  const empty = {
    list: async (): Promise<Reading<Listing<never>>> => ({
      asOf: clock(),
      value: { items: [], malformed: 0 },
    }),
  };
  const others = { building: empty, client: empty, ownerContract: empty, tenantContract: empty };
  const alma = { ...paper.alma, ...others, state: () => ({}) } as unknown as Alma;
  const catalog = createCatalog({
    alma: { ...alma, ...change(alma, clock) },
    clock,
    background: hasBackgroundWork ? { refreshRate: 5, warmUpConcurrency: 1, ...options } : undefined,
    maxAge: 60_000,
    catalogMaxAge: 300_000,
    maxCalls: 100,
    today: () => "2026-01-01",
    ...options,
  });
  const wait = (ms: number) => {
    now += ms;
  };
  /** Ends the background work and answers the calls it waits for. */
  const stop = async () => {
    const stopped = catalog.stop();
    for (const { answer } of [...paper.pending]) answer();
    await stopped;
  };
  return { paper, catalog, clock, wait, stop };
}

/**
 * A warm catalog over `count` units; `pass` advances the clock and runs the background work. It fakes timers, which the
 * test file must restore.
 */
export async function warmCatalog(
  options: PaperOptions,
  count: number,
  change?: (alma: Alma, clock: () => number) => object,
) {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const made = paperCatalog(options, change);
  const { paper, catalog, clock, wait } = made;
  paper.eager = true;
  for (let id = 1; id <= count; id++) paper.add("unit", id);
  catalog.start();
  while (!catalog.progress().warm) await settle();
  const pass = async (seconds: number) => {
    for (let tick = 0; tick < seconds * 10; tick++) {
      wait(100);
      vi.advanceTimersByTime(100);
      await settle();
    }
  };
  const { unit } = catalog.store.tables;
  /** The age of the oldest detail. */
  const oldestAge = (predicate: (cached: CachedRecord) => boolean = () => true) =>
    clock() - Math.min(...unit.listed.filter(predicate).map(({ detailAt }) => detailAt));
  return { ...made, pass, oldestAge };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
