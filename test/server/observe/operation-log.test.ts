import { expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { startGateway } from "../../support/gateway.ts";

const reader = createApiKey("reporting", ["read", "personal"], null);
const doors = createApiKey("door screen", ["read", "secrets"], null);
const env = { LOG_LEVEL: "info", API_KEYS: JSON.stringify([reader.record, doors.record]) };
const unit = {
  id: 9199,
  external_id: "21_01_8",
  name: "21_01_8",
  keybox_code: "KEYBOX-77",
  electronic_lock_password: "LOCK-88",
  internet_login: "net-login-99",
  internet_password: "net-password-00",
};

test("one line per operation has its caller, name, cost and outcome, but no value", async () => {
  const gateway = await startGateway({ data: { units: [unit] } }, env);
  await gateway.query(
    "query Unit($id: String) { unit(ref: { externalId: $id }) { name } }",
    { id: "21_01_8" },
    { "x-api-key": reader.key, "x-request-id": "order-17", "apollographql-client-name": "screens" },
  );
  await gateway.query("query Broken { nothing }", {}, { "x-api-key": reader.key });
  await gateway.query("{ unit(ref: { id: 7 }) { name } }", {}, { "x-api-key": reader.key });
  const lines = gateway.lines("operation");
  expect(lines[0]).toMatchObject({
    level: "info",
    requestId: "order-17",
    operation: "Unit",
    kind: "query",
    hash: expect.stringMatching(/^[0-9a-f]{16}$/),
    ms: expect.any(Number),
    calls: 1,
    reused: 0,
    age: expect.any(Number),
    outcome: "ok",
    caller: reader.record.prefix,
    name: "reporting",
    client: "screens",
  });
  expect(lines[1]).toMatchObject({ outcome: "GRAPHQL_VALIDATION_FAILED", calls: 0 });
  expect(lines[2]).toMatchObject({ outcome: expect.stringMatching(/^(partial:)?BAD_USER_INPUT$/) });
  expect(JSON.stringify(gateway.lines())).not.toContain("21_01_8");
  expect(JSON.stringify(gateway.lines())).not.toContain(reader.key);
  await gateway.close();
});

test("an operation whose caller disconnected has the outcome CALLER_LEFT", async () => {
  const gateway = await startGateway({ data: { units: [unit] }, latency: 200 }, env);
  const leaving = new AbortController();
  const left = fetch(`${gateway.address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": reader.key },
    body: JSON.stringify({ query: '{ unit(ref: { id: "Unit:9199" }) { name } }' }),
    signal: leaving.signal,
  });
  while (gateway.simulator.log.total === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  leaving.abort();
  await expect(left).rejects.toThrow();
  while (gateway.lines("operation").length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(gateway.lines("operation")[0]).toMatchObject({ outcome: "CALLER_LEFT" });
  await gateway.close();
});

test("a request that was rejected is logged, with its caller if it is known", async () => {
  const gateway = await startGateway({ size: 0 }, { ...env, MAX_BODY: "1000", RATE_LIMIT: "2" });
  const ask = (key: string, query = "{ __typename }") =>
    gateway.query(query, {}, { "x-api-key": key, "x-request-id": "r" });
  await ask("almagw_wrong");
  await ask(reader.key, "x".repeat(1001));
  await ask(reader.key);
  await ask(reader.key);
  await fetch(`${gateway.address}/metrics`);
  await fetch(`${gateway.address}/wp-admin`);
  const known = { caller: reader.record.prefix, name: "reporting" };
  const post = { level: "info", requestId: "r", method: "POST", route: "/graphql" };
  expect(gateway.lines("request rejected")).toMatchObject([
    { ...post, status: 401 },
    { ...post, ...known, status: 413 },
    { ...post, ...known, status: 429 },
    { method: "GET", route: "/metrics", status: 401 },
  ]);
  expect(gateway.lines("operation")).toHaveLength(1);
  expect(JSON.stringify(gateway.lines())).not.toContain("almagw_wrong");
  await gateway.close();
});

const secrets = "keyboxCode electronicLockPassword internetLogin internetPassword";

test("logs each read of secrets with caller, record and fields at every log level", async () => {
  const gateway = await startGateway({ data: { units: [unit] } }, { ...env, LOG_LEVEL: "error" });
  const answer = await gateway.query(
    `query Door { rentalObject(ref: { externalId: "21_01_8" }) { name ... on Unit { lock: keyboxCode ${secrets} } } }`,
    {},
    { "x-api-key": doors.key, "x-request-id": "visit-3" },
  );
  expect(answer.data.rentalObject.lock).toBe("KEYBOX-77");
  expect(gateway.lines()).toEqual([
    {
      level: "info",
      time: expect.any(String),
      requestId: "visit-3",
      caller: doors.record.prefix,
      name: "door screen",
      record: "Unit:9199",
      fields: secrets.split(" "),
      msg: "secrets read",
    },
  ]);
  await gateway.close();
});

test("no log line, metric or error contains a secret, at the most verbose level", async () => {
  const gateway = await startGateway(
    { data: { units: [unit] } },
    { ...env, LOG_LEVEL: "trace", METRICS: "open" },
  );
  const ask = (query: string) => gateway.query(query, {}, { "x-api-key": doors.key });
  const answers = [await ask(`{ unit(ref: { almaId: 9199 }) { ${secrets} } }`)];
  expect(JSON.stringify(answers)).toContain("LOCK-88");
  answers.length = 0;
  const broken = (body: unknown) => ({ ...(body as object), keybox_code: ["KEYBOX-77"], internet_login: {} });
  gateway.simulator.faults.add({ kind: "transform", change: broken });
  answers.push(await ask(`query A @freshness(maxAge: 0) { unit(ref: { almaId: 9199 }) { keyboxCode } }`));
  expect(answers[0]?.errors).toMatchObject([{ extensions: { code: "ALMA_BAD_ANSWER" } }]);
  gateway.simulator.faults.clear();
  gateway.simulator.faults.add({ kind: "status", status: 500, body: unit });
  answers.push(await ask(`query B @freshness(maxAge: 0) { unit(ref: { almaId: 9199 }) { ${secrets} } }`));
  answers.push(await ask(`{ units { nodes { keyboxCode } } }`));
  const metrics = await (await fetch(`${gateway.address}/metrics`)).text();
  for (const secret of ["KEYBOX-77", "LOCK-88", "net-login-99", "net-password-00", doors.key]) {
    expect(JSON.stringify(answers)).not.toContain(secret);
    expect(JSON.stringify(gateway.lines())).not.toContain(secret);
    expect(metrics).not.toContain(secret);
  }
  await gateway.close();
});
