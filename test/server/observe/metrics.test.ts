import { expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { createLabelLimit } from "../../../src/server/observe/metrics.ts";
import { startGateway } from "../../support/gateway.ts";
import { scrape } from "../../support/scrape.ts";
import { start } from "../http/small-graph.ts";

const reader = createApiKey("reporting", ["read"], null);
const API_KEYS = JSON.stringify([reader.record]);
const headers = { "x-api-key": reader.key };

test("a list that suddenly loses many records is counted and logged", async () => {
  const size = { buildings: 2, units: 10, rooms: 4, clients: 3, ownerContracts: 2, tenantContracts: 3 };
  const gateway = await startGateway({ size }, { LOG_LEVEL: "warn" });
  const read = () => gateway.query("query @freshness(maxAge: 0) { rooms { nodes { id } } }");
  await read();
  const { rooms } = gateway.simulator.data;
  for (const { id } of [...rooms.all()].slice(0, 3)) rooms.remove(id);
  await read();
  expect((await scrape(gateway.address)).get('alma_gateway_list_losses_total{kind="room"}')).toBe(1);
  expect(gateway.lines().filter(({ left }) => left !== undefined)).toMatchObject([
    { kind: "room", left: 3, of: 4, msg: expect.stringContaining("no longer names 3 of 4 records") },
  ]);
  await gateway.close();
});

test("operations, their costs and errors, and calls to Alma are counted", async () => {
  const size = { buildings: 2, units: 10, rooms: 4, clients: 3, ownerContracts: 2, tenantContracts: 3 };
  const gateway = await startGateway({ size }, { CATALOG: "on" });
  await gateway.warm();
  for (let i = 0; i < 3; i++) await gateway.query("query Units { units { nodes { name status } } }");
  await gateway.query("query Fresh @freshness(maxAge: 0) { units { nodes { name } } }");
  await gateway.query("{ unit(ref: { id: 9 }) { name } nothing }");
  gateway.simulator.faults.add({ kind: "status", status: 429 });
  gateway.asked();
  await gateway.query("query Late @freshness(maxAge: 0) { rooms { nodes { name } } }");
  // A refused call is retried until its deadline.
  const refused = gateway.asked().filter((call) => call === "GET realty/rooms/").length;
  const samples = await scrape(gateway.address);
  const expected = {
    'operations_total{operation="Units",kind="query",outcome="ok"}': 3,
    'operations_total{operation="Fresh",kind="query",outcome="ok"}': 1,
    'operations_total{operation="anonymous",kind="none",outcome="GRAPHQL_VALIDATION_FAILED"}': 1,
    'operations_total{operation="Late",kind="query",outcome="partial"}': 1,
    'errors_total{code="GRAPHQL_VALIDATION_FAILED"}': 1,
    'errors_total{code="ALMA_THROTTLED"}': 1,
    'operation_duration_seconds_count{operation="Units"}': 3,
    'operation_alma_calls_bucket{le="0",operation="Units"}': 3,
    'operation_alma_calls_sum{operation="Fresh"}': 1,
    'operation_alma_calls_sum{operation="Late"}': refused,
    'alma_calls_total{route="GET realty/units/",outcome="200"}': 2,
    'alma_calls_total{route="GET realty/units/{id}/",outcome="200"}': 10,
    'alma_calls_total{route="GET realty/rooms/",outcome="429"}': refused,
    'alma_call_duration_seconds_count{route="GET realty/units/{id}/"}': 10,
    'throttled_total{by="alma"}': refused,
    'http_responses_total{route="/graphql",status="200"}': 6,
    'catalog_records{kind="unit"}': 10,
    'catalog_unread{kind="unit"}': 0,
    'catalog_refresh_lag_seconds{kind="unit"}': 0,
    catalog_warm: 1,
    operations_in_flight: 0,
    http_requests_in_flight: 1,
    alma_in_flight: 0,
    alma_queued: 0,
    alma_down: 0,
  };
  const found = Object.keys(expected).map((name) => [name, samples.get(`alma_gateway_${name}`)]);
  expect(Object.fromEntries(found)).toEqual(expected);
  expect(samples.get("alma_gateway_alma_last_success_age_seconds")).toBeGreaterThan(0);
  expect(samples.get('alma_gateway_catalog_age_seconds{kind="unit"}')).toBeGreaterThan(0);
  expect(samples.get("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThan(0);
  const ids = gateway.simulator.data.units.all().map(({ id }) => String(id));
  for (const name of samples.keys())
    for (const id of ids) expect(name).not.toMatch(new RegExp(`\\b${id}\\b`));
  await gateway.close();
});

test("counts temporary refusals as throttled", async () => {
  const gateway = await startGateway({ size: 0 }, { API_KEYS, RATE_LIMIT: "1", METRICS: "open" });
  const ask = () => gateway.query("{ __typename }", undefined, headers);
  for (let count = 0; count < 3; count++) await ask();
  const counted = await scrape(gateway.address);
  await gateway.close();
  expect(counted.get('alma_gateway_throttled_total{by="gateway"}')).toBe(2);
});

test("undocumented fields and values are counted", async () => {
  const unit = { id: 1, building: 1, status: "under repair", extra: { energy_class: "B" } };
  const gateway = await startGateway({ data: { units: [unit] } });
  await gateway.query("{ unit(ref: { almaId: 1 }) { status } }");
  const samples = await scrape(gateway.address);
  expect(samples.get('alma_gateway_unknown_fields_total{kind="unit",field="energy_class"}')).toBe(1);
  expect(
    samples.get('alma_gateway_unknown_values_total{kind="unit",field="status",value="under_repair"}'),
  ).toBe(1);
  await gateway.close();
});

test("names chosen by callers make at most a hundred series", async () => {
  const server = await start();
  for (let i = 0; i < 130; i++) await server.post(`query Name${i} { hello }`);
  await server.post(`query ${"x".repeat(200)} { hello }`);
  const samples = await scrape(server.url);
  const names = [...samples.keys()].filter((name) => name.startsWith("alma_gateway_operations_total"));
  expect(names).toHaveLength(101);
  expect(samples.get('alma_gateway_operations_total{operation="other",kind="query",outcome="ok"}')).toBe(31);
  await server.close();
});

test("a label keeps the first plain values", () => {
  const label = createLabelLimit(2);
  expect(["a", "b c", "d", "e", "a", "d"].map(label)).toEqual(["a", "other", "d", "other", "a", "d"]);
});

test("/metrics needs a key if queries do, unless it is open or off", async () => {
  const asking = await start(undefined, { API_KEYS });
  expect((await fetch(`${asking.url}/metrics`)).status).toBe(401);
  expect((await fetch(`${asking.url}/metrics`, { headers })).status).toBe(200);
  expect((await fetch(`${asking.url}/metrics`, { headers: { accept: "text/html" } })).status).toBe(401);
  const samples = await scrape(asking.url, { headers });
  expect(samples.get('alma_gateway_http_responses_total{route="/metrics",status="401"}')).toBe(2);
  await asking.close();
  const open = await start(undefined, { API_KEYS, METRICS: "open" });
  expect((await fetch(`${open.url}/metrics`)).status).toBe(200);
  await open.close();
  const off = await start(undefined, { METRICS: "off" });
  expect((await fetch(`${off.url}/metrics`)).status).toBe(404);
  await off.close();
});

test.each(["application/json", "application/graphql-response+json"])(
  "a response above the limit is an error in its status, the log and the metrics, as %s too",
  async (accept) => {
    const gateway = await startGateway({ size: 1 }, { MAX_RESPONSE: "1000", LOG_LEVEL: "info" });
    const { status, body } = await ask(
      gateway.address,
      accept,
      "query Large { units { nodes { id name } } }",
    );
    expect(status).toBe(400);
    expect(body.data).toBeUndefined();
    expect(body.errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED", limit: "MAX_RESPONSE" } }]);
    const [line] = gateway.lines("operation");
    expect(line).toMatchObject({ operation: "Large", outcome: "LIMIT_EXCEEDED", calls: 1 });
    const samples = await scrape(gateway.address);
    expect(samples.get('alma_gateway_errors_total{code="LIMIT_EXCEEDED"}')).toBe(1);
    expect(
      samples.get('alma_gateway_operations_total{operation="Large",kind="query",outcome="LIMIT_EXCEEDED"}'),
    ).toBe(1);
    await gateway.close();
  },
);

test("a mutation whose response is too large says that it was done", async () => {
  const gateway = await startGateway({ size: 1 }, { MAX_RESPONSE: "1000" });
  const query = `mutation { createBuilding(input: { name: "Tower ${"x".repeat(30)}" }) {
    building { ${Array.from({ length: 30 }, (_, index) => `name${index}: name`).join(" ")} }
  } }`;
  const { body } = await ask(gateway.address, "application/json", query);
  expect(body.errors?.[0]?.message).toContain("The mutation was executed.");
  expect(gateway.lines("write")).toMatchObject([{ mutation: "createBuilding", outcome: "done" }]);
  await gateway.close();
});

async function ask(address: string, accept: string, query: string) {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify({ query }),
  });
  const body = (await response.json()) as {
    data?: unknown;
    errors?: { message: string; extensions: object }[];
  };
  return { status: response.status, body };
}
