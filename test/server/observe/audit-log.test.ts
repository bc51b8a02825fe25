import { expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { startGateway } from "../../support/gateway.ts";

const writer = createApiKey("bitrix", ["read", "write"], null);
const env = {
  API_KEYS: JSON.stringify([writer.record]),
  LOG_LEVEL: "error",
  METRICS: "open",
  ALMA_PROJECT_ID: "1",
};
const headers = { "x-api-key": writer.key, "x-request-id": "sync-1" };
const projects = [{ id: 1, name: "Dubai" }];
const building = { id: 1075, name: "Marina 1", project: 1 };
const unit = { id: 9199, external_id: "21_01_8", name: "12A", building: 1075 };
const line = {
  level: "info",
  time: expect.any(String),
  requestId: "sync-1",
  caller: writer.record.prefix,
  name: "bitrix",
  msg: "write",
};

test("logs each write with caller, mutation, record and outcome at every log level", async () => {
  const gateway = await startGateway({ data: { projects, buildings: [building], units: [unit] } }, env);
  await gateway.query(
    `mutation Sync {
      a: updateUnit(ref: { externalId: "21_01_8" }, input: { keyboxCode: "KEYBOX-77" }) { userErrors { code } }
      b: updateUnit(ref: { almaId: 4 }, input: { header: "4" }) { userErrors { code } }
      c: createBuilding(input: { name: "Marina 2" }) { building { id } userErrors { code } }
      d: blockUnit(ref: { id: "Unit:9199" }, dryRun: true) { userErrors { code } }
    }`,
    {},
    headers,
  );
  const made = gateway.simulator.data.buildings.all().find(({ name }) => name === "Marina 2");
  expect(gateway.lines()).toEqual([
    { ...line, mutation: "updateUnit", record: "Unit:9199", outcome: "done" },
    { ...line, mutation: "updateUnit", record: "almaId:4", outcome: "refused", codes: ["NOT_FOUND"] },
    { ...line, mutation: "createBuilding", record: `Building:${made?.id}`, outcome: "done" },
    { ...line, mutation: "blockUnit", record: "Unit:9199", dryRun: true, outcome: "done" },
  ]);
  const metrics = await (await fetch(`${gateway.address}/metrics`)).text();
  expect(metrics).toContain('alma_gateway_writes_total{mutation="updateUnit",outcome="done"} 1');
  expect(metrics).toContain('alma_gateway_writes_total{mutation="updateUnit",outcome="refused"} 1');
  await gateway.close();
});

test("a failed write, or one of unknown outcome, is logged as such", async () => {
  const data = { projects, buildings: [building], units: [unit] };
  const gateway = await startGateway({ data }, { ...env, ALMA_TIMEOUT: "0.3" });
  const isPatch = ({ method }: { method: string }) => method === "PATCH";
  const block = 'mutation { blockUnit(ref: { id: "Unit:9199" }) { userErrors { code } } }';
  gateway.simulator.faults.add({ kind: "status", status: 401, when: isPatch, times: 1 });
  await gateway.query(block, {}, headers);
  gateway.simulator.faults.add({ kind: "lostAnswer", when: isPatch, times: 1 });
  await gateway.query(block, {}, headers);
  expect(gateway.lines()).toMatchObject([
    { mutation: "blockUnit", record: "Unit:9199", outcome: "failed", codes: ["ALMA_REFUSED_KEY"] },
    { mutation: "blockUnit", record: "Unit:9199", outcome: "unknown", codes: ["OUTCOME_UNKNOWN"] },
  ]);
  await gateway.close();
});

test("a write whose caller has disconnected is done, and logged", async () => {
  const data = { projects, buildings: [building], units: [unit] };
  const gateway = await startGateway({ data, latency: 200 }, env);
  const leaving = new AbortController();
  const left = fetch(`${gateway.address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({
      query:
        'mutation { updateUnit(ref: { almaId: 9199 }, input: { header: "new" }) { userErrors { code } } }',
    }),
    signal: leaving.signal,
  });
  while (gateway.simulator.log.total === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  leaving.abort();
  await expect(left).rejects.toThrow();
  await gateway.close();
  expect(gateway.simulator.data.units.get(9199)?.header).toBe("new");
  expect(gateway.lines("write")).toMatchObject([
    { mutation: "updateUnit", record: "Unit:9199", outcome: "done" },
  ]);
});
