import { expect, test } from "vitest";
import { until } from "../../support/clock.ts";
import { portfolio } from "../alma/portfolio.ts";
import { type Stage, stages } from "../gateway.ts";

const size = { buildings: 5, units: 60, rooms: 80, clients: 30, tenantContracts: 90, ownerContracts: 20 };
const start = stages({ CATALOG: "on", WARM_UP_CONCURRENCY: "2" }, () => portfolio(size));

/** A query that needs the details of all records of a kind. */
const countOf = (plural: string) => `{ ${plural}(filter: { isArchived: false }) { totalCount } }`;

/** Records which kinds are requested from Alma, by the last path segment: one entry per record. */
function watch({ alma }: Stage, onDetail: (count: (kind: string) => number) => void) {
  const asked: string[] = [];
  const count = (kind: string) => asked.filter((one) => one === kind).length;
  alma.onRequest = (path) => {
    const kind = /(\w+)\/\d+\/$/.exec(path)?.[1];
    if (!kind) return;
    asked.push(kind);
    onDetail(count);
  };
  return count;
}

test("no operation waits longer because others keep asking for another kind", async () => {
  const one = await start({ ALMA_CONCURRENCY: "3" });
  one.alma.latency = 10;
  const others: Promise<unknown>[] = [];
  let before: number | undefined;
  let meanwhile = Number.POSITIVE_INFINITY;
  const count = watch(one, (countNow) => {
    const rooms = countNow("rooms");
    if (rooms === 0) return;
    before ??= countNow("tenant_contracts");
    if (rooms % 10 === 0 && others.length < 8) others.push(one.query(countOf("tenantContracts")));
    if (rooms === size.rooms) meanwhile = Math.min(meanwhile, countNow("tenant_contracts") - before);
  });
  expect((await one.query(countOf("rooms"))).errors).toBeUndefined();
  expect(others.length).toBeGreaterThan(5);
  expect(count("rooms")).toBe(size.rooms);
  expect(meanwhile).toBe(0);
  await Promise.all(others);
  expect(count("tenant_contracts")).toBe(size.tenantContracts);
});

test("single records do not wait for the warm-up, even if it uses every connection", async () => {
  const one = await start({ ALMA_CONCURRENCY: "8", ALMA_TIMEOUT: "600", DEADLINE: "900" });
  // The warm-up gets no answers to its reads of these kinds.
  one.alma.faults.add({ path: /(buildings|units|rooms|contracts)\/\d+\/$/, as: "stall" });
  const count = watch(one, () => {});
  const stalled = () => count("rooms") + count("units") + count("buildings");
  const [client] = one.alma.world.clients.values();
  const leaving = new AbortController();
  const ask = async (query: string, signal?: AbortSignal) => {
    const response = await fetch(`${one.address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
      ...(signal && { signal }),
    });
    return response.json();
  };
  const rooms = ask(countOf("rooms"), leaving.signal);
  await until(() => stalled() >= 7);
  for (const ref of [`almaId: ${client?.id}`, `externalId: "${client?.external_id}"`])
    expect(
      await ask(`query A @freshness(maxAge: 0) { client(ref: { ${ref} }) { firstName } }`),
    ).toMatchObject({
      data: { client: { firstName: client?.first_name } },
    });
  expect(stalled()).toBe(7);
  leaving.abort();
  await expect(rooms).rejects.toThrow();
});
