import { once } from "node:events";
import { get as httpGet, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { slowDown } from "../../support/slow-clock.ts";
import { startReports } from "./reports.ts";

const contracts = `# title: Contracts
# rows: tenantContracts.nodes
query Contracts {
  tenantContracts(orderBy: [{ field: START_DATE }]) {
    nodes { almaId number name startDate endDate price typeContract state client { firstName lastName } rentalObject { name building { name } } }
  }
}`;
/** Enough for a report of several parts. */
const size = { buildings: 2, units: 60, rooms: 60, clients: 60, tenantContracts: 800 };

/** A report whose file exceeds a connection's buffers: each row contains the titles. */
const aliases = Array.from({ length: 90 }, (_, index) => `of${index}`);
const large = `# title: Large
# rows: tenantContracts.nodes
# columns:
${aliases.map((alias) => `#   ${alias}: ${alias.padEnd(190, "-")}`).join("\n")}
query Large { tenantContracts { nodes { ${aliases.map((alias) => `${alias}: almaId`).join(" ")} } } }`;

/** Opens a response without reading it. */
async function open(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const [response] = (await once(httpGet(url, { agent: false, headers }), "response")) as [IncomingMessage];
  onTestFinished(() => void response.destroy());
  return response;
}

test("slow readers of two keys leave reports to a third, and a report is compressed as it is written", async () => {
  const keys = ["a", "b", "c"].map((name) => createApiKey(name, ["read"], null));
  const { address, get, send } = await startReports(
    { large },
    { MAX_REPORTS: "4", API_KEYS: JSON.stringify(keys.map(({ record }) => record)), METRICS: "open" },
    { size },
  );
  const [a, b, c] = keys.map(({ key }) => ({ "x-api-key": key })) as [Header, Header, Header];
  const whole = await get("large.json", { ...c, "accept-encoding": "identity" });
  expect(whole.bytes.length).toBeGreaterThan(12_000_000);
  for (const key of [a, a, b, b]) await open(`${address}/reports/large.json`, key);
  expect((await send("/metrics")).text).toMatch(/alma_gateway_unread_bytes [1-9]/);
  for (const encoding of ["gzip", "br"]) {
    const { status, headers, bytes } = await get("large.json", { ...c, "accept-encoding": encoding });
    expect([status, headers.get("content-encoding"), headers.get("vary")]).toEqual([
      200,
      encoding,
      expect.stringContaining("Accept-Encoding"),
    ]);
    expect(bytes.equals(whole.bytes)).toBe(true);
  }
  const xlsx = await get("large.xlsx", { ...c, "accept-encoding": "gzip" });
  expect([xlsx.status, xlsx.headers.get("content-encoding")]).toEqual([200, null]);
});

type Header = { readonly "x-api-key": string };

test("a client that reads slowly gets the whole report, and others are answered meanwhile", async () => {
  const { address, get, query } = await startReports({ large }, { MAX_REPORTS: "4" }, { size });
  const whole = await get("large.json");
  const response = await open(`${address}/reports/large.json`);
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk);
    if (chunks.length % 8 === 0) {
      await sleep(5);
      expect((await query("{ units(first: 1) { totalCount } }")).data.units.totalCount).toBe(60);
    }
  }
  expect(Buffer.concat(chunks).equals(whole.bytes)).toBe(true);
});

test("a client that disconnects frees its slot, and the next one is answered", async () => {
  const { address, get, lines } = await startReports(
    { large },
    { MAX_REPORTS: "1", LOG_LEVEL: "info" },
    { size },
  );
  for (let round = 0; round < 3; round++) {
    const response = await open(`${address}/reports/large.json`);
    await once(response, "readable");
    response.destroy();
  }
  expect((await get("large.csv")).status).toBe(200);
  expect(lines().filter(({ level }) => level === "error")).toEqual([]);
});

test("two concurrent requests get the same file, and a write between two shows in the second", async () => {
  const { get, query } = await startReports({ contracts }, {}, { size });
  const [one, other] = await Promise.all([get("contracts.csv"), get("contracts.csv")]);
  expect(one.bytes.equals(other.bytes)).toBe(true);
  const [{ almaId }] = (await query("{ tenantContracts(first: 1) { nodes { almaId } } }")).data
    .tenantContracts.nodes;
  await query(
    `mutation { updateTenantContract(ref: { almaId: ${almaId} }, input: { name: "=Renamed" }) { userErrors { code } } }`,
  );
  expect((await get("contracts.csv")).text).toContain("'=Renamed");
});

test("a report over its CPU budget ends before its first byte, and says what cost most", async () => {
  const { get } = await startReports({ contracts }, { CPU_BUDGET: "1" }, { size });
  slowDown(50);
  const { status, text } = await get("contracts.csv");
  expect(status).toBe(400);
  expect(text).toMatch(/^LIMIT_EXCEEDED: .*of CPU that are allowed/);
});

test("a report larger than MAX_RESPONSE ends before its first byte", async () => {
  const { get } = await startReports({ contracts }, { MAX_RESPONSE: "100000" }, { size });
  const { status, text } = await get("contracts.csv");
  expect(status).toBe(400);
  expect(text).toMatch(/^LIMIT_EXCEEDED: .*more than the allowed 100000 bytes/);
});

test("a report that finds the queue full gets a time to retry", async () => {
  const gateway = await startReports(
    { contracts },
    { MAX_REPORTS: "1", CATALOG: "off" },
    { size: { tenantContracts: 0 } },
  );
  const { address, get, send, simulator } = gateway;
  simulator.faults.add({ kind: "stall" });
  const waiting = Array.from({ length: 9 }, () =>
    httpGet(`${address}/reports/contracts.csv`, { agent: false }),
  );
  for (const request of waiting) request.on("error", () => {});
  const isFull = async () => (await send("/metrics")).text.includes("alma_gateway_reports_waiting 8");
  while (!(await isFull())) await sleep(10);
  const refused = await get("contracts.csv");
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("5");
  expect(refused.text).toMatch(/^OVERLOADED: .*busy with reports/);
  for (const request of waiting) request.destroy();
});

test("a report is logged, counted and limited like every operation", async () => {
  const { get, lines, send } = await startReports({ contracts }, { LOG_LEVEL: "info" }, { size });
  await get("contracts.csv");
  expect(lines("operation").at(-1)).toMatchObject({
    operation: "Contracts",
    kind: "query",
    outcome: "ok",
    calls: 0,
  });
  expect((await send("/metrics")).text).toMatch(/operation="Contracts"|Contracts/);
});

test("the operations of one request share its slot: the name of a building, its income, and that of a year before", async () => {
  const { get, lines, send } = await startReports(
    undefined,
    { MAX_REPORTS: "1", DEADLINE: "5", LOG_LEVEL: "info", METRICS: "open" },
    { size },
  );
  const [, first = ""] = (await get("buildings.csv")).text.split("\r\n");
  const [name = ""] = first.split(",");
  const { status, text } = await get(`income.csv?building=${encodeURIComponent(name)}`);
  expect([status, text.split("\r\n").length > 2]).toEqual([200, true]);
  const operations = lines("operation").slice(-3);
  expect(operations.map(({ operation }) => operation)).toEqual(["Buildings", "Income", "Income"]);
  // None waited for another one until its deadline.
  for (const { ms } of operations) expect(ms).toBeLessThan(5_000);
  expect((await send("/metrics")).text).toContain("alma_gateway_reports_in_flight 0");
});
