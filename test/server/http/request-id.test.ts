import { expect, test } from "vitest";
import { startGateway } from "../../support/gateway.ts";

const size = { buildings: 2, units: 6, rooms: 0, clients: 0, ownerContracts: 0, tenantContracts: 0 };

test("the id of a request is sent with every call that it causes, and back with the response", async () => {
  const gateway = await startGateway({ size });
  const response = await fetch(`${gateway.address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": "screen:7" },
    body: JSON.stringify({ query: "{ units { nodes { status building { address } } } }" }),
  });
  expect(response.headers.get("x-request-id")).toBe("screen:7");
  const { entries } = gateway.simulator.log;
  expect(entries).toHaveLength(
    1 + 6 + new Set(gateway.simulator.data.units.all().map((u) => u.building)).size,
  );
  expect(new Set(entries.map(({ headers }) => headers["x-request-id"]))).toEqual(new Set(["screen:7"]));
  await gateway.close();
});

test("a call that several operations share has the id of the one that caused it", async () => {
  const gateway = await startGateway({ size, latency: 100 });
  const [one, other] = gateway.simulator.data.units.all().map(({ id }) => `Unit:${id}`);
  const ask = (id: string, ...ids: (string | undefined)[]) =>
    gateway.query(
      "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Unit { status } } }",
      { ids },
      {
        "x-request-id": id,
      },
    );
  const first = ask("first", one);
  while (gateway.simulator.log.total === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await Promise.all([first, ask("second", one, other)]);
  const sent = gateway.simulator.log.entries.map(
    ({ path, headers }) => [path.match(/\d+/)?.[0], headers["x-request-id"]] as const,
  );
  expect(sent).toEqual([
    [one?.slice(5), "first"],
    [other?.slice(5), "second"],
  ]);
  await gateway.close();
});

test("calls of background work have its name as their id", async () => {
  const gateway = await startGateway({ size }, { CATALOG: "on" });
  await gateway.warm();
  const ids = gateway.simulator.log.entries.map(({ headers }) => headers["x-request-id"]);
  expect(new Set(ids)).toEqual(new Set(["warm-up"]));
  await gateway.close();
});
