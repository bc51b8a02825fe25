import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { isPatch } from "../simulator/update-fault.ts";
import { skipWaiting, until } from "../support/clock.ts";
import { has } from "../support/has.ts";
import { openStream } from "../support/stream.ts";
import { jobsOf, rentRow, rents, start, unitsOf } from "./start.ts";

const rowsTo = (count: number) =>
  Array.from({ length: count }, (_, index) => rentRow(index + 1, 2_000 + index));

test("a job writes every row, and reports the outcome of each", async () => {
  const { start: begin, whenNot, rentOf, lines } = await start({}, { LOG_LEVEL: "info" });
  const { job, userErrors } = await begin(rents, [
    ...rowsTo(29),
    rentRow(99, 1),
    { ref: { almaId: 30 }, rent: "-1" },
  ]);
  expect(userErrors).toEqual([]);
  expect(job).toMatchObject({ state: "RUNNING", total: 31 });
  const over = await whenNot(job.id);
  expect(over).toMatchObject({ state: "OVER", done: 29, failed: 2, unknown: 0, left: 0 });
  const [fourth] = over.rows.slice(3);
  expect(fourth).toMatchObject({
    number: 4,
    state: "DONE",
    payload: { unit: { id: "Unit:4", goalRentCost: "2003.00" } },
  });
  expect(over.rows.slice(29)).toMatchObject([
    { state: "FAILED", payload: { unit: null }, userErrors: [{ code: "NOT_FOUND", field: ["ref"] }] },
    { state: "FAILED", userErrors: [{ code: "INVALID", field: ["input", "goalRentCost"] }] },
  ]);
  for (let id = 1; id < 30; id++) expect(rentOf(id)).toBe(1_999 + id);
  expect(rentOf(30)).toBe(1_000);
  expect(lines("write").filter(({ mutation }) => mutation === "updateUnit")).toHaveLength(31);
  expect(lines("write")).toContainEqual(
    expect.objectContaining({
      mutation: "updateUnit",
      requestId: `job:${job.id}:4`,
      record: "Unit:4",
      outcome: "done",
    }),
  );
  expect(lines("write")).toContainEqual(
    expect.objectContaining({ mutation: "startJob", record: `Job:${job.id}`, outcome: "done" }),
  );
  expect(lines("job over")).toMatchObject([{ job: job.id, done: 29, failed: 2, unknown: 0 }]);
});

test("rows about one record run in order, others in parallel up to JOB_CONCURRENCY", async () => {
  const {
    start: begin,
    whenNot,
    rentOf,
    patches,
    simulator,
  } = await start({ latency: 20 }, { JOB_CONCURRENCY: "4" });
  const same = Array.from({ length: 6 }, (_, index) => rentRow(1, 5_000 + index));
  const { job } = await begin(rents, [...same, ...rowsTo(24).slice(1)]);
  expect(await whenNot(job.id)).toMatchObject({ state: "OVER", done: 29 });
  expect(rentOf(1)).toBe(5_005);
  const sent = simulator.log.entries.filter((entry) => isPatch(entry) && entry.path.endsWith("/units/1/"));
  expect(sent.map(({ body }) => Number((body as { goal_rent_cost: unknown }).goal_rent_cost))).toEqual(
    same.map(({ rent }) => Number(rent)),
  );
  expect(patches()).toHaveLength(29);
  expect(simulator.log.peak).toBe(4);
});

test("a dry run sends nothing, and reports what each row would do", async () => {
  const { start: begin, whenNot, patches } = await start();
  const document = `mutation ($ref: Ref!, $rent: Decimal, $was: Decimal) {
    row: updateUnit(ref: $ref, input: { goalRentCost: $rent }, expected: { goalRentCost: $was }) { unit { id } }
  }`;
  const rows = [rentRow(1, 2_000), rentRow(99, 1)].map((row) => ({ ...row, was: "1000" }));
  const { job } = await begin(document, [...rows, { ...rentRow(2, 3_000), was: "900" }], { dryRun: true });
  const over = await whenNot(job.id);
  expect(over.rows.map(({ state, userErrors }) => [state, userErrors.map(({ code }) => code)])).toEqual([
    ["DONE", []],
    ["FAILED", ["NOT_FOUND"]],
    ["FAILED", ["CONFLICT"]],
  ]);
  expect(patches()).toEqual([]);
});

/** Mutations of other capabilities, none of them suitable for a job. */
const others = [
  ...(has("uploads")
    ? [
        [
          'mutation { uploadFile(input: { url: "https://a.example/1.pdf" }) { externalFileId } }',
          "uploadFile is not one",
        ],
      ]
    : []),
  ...(has("bitrix")
    ? [["mutation { syncBitrix(items: []) { items { itemId } } }", "syncBitrix is not one"]]
    : []),
] as [string, string][];

describe("nothing is started", () => {
  test.each([
    ["{ units { totalCount } }", "one mutation"],
    [
      "mutation { a: blockUnit(ref: { almaId: 1 }) { note } b: blockUnit(ref: { almaId: 2 }) { note } }",
      "one mutation",
    ],
    ["mutation { ...F } fragment F on Mutation { blockUnit(ref: { almaId: 1 }) { note } }", "one mutation"],
    [
      "mutation A { blockUnit(ref: { almaId: 1 }) { note } } mutation B { blockUnit(ref: { almaId: 1 }) { note } }",
      "one mutation",
    ],
    ...others,
    ['mutation { startJob(document: "", rows: []) { job { id } } }', "startJob is not one"],
    [
      'mutation { blockUnit(ref: { almaId: 1 }, idempotencyKey: "k") { note } }',
      "idempotencyKey of blockUnit is set by the job",
    ],
    [
      "mutation { blockUnit(ref: { almaId: 1 }, dryRun: true) { note } }",
      "dryRun of blockUnit is set by the job",
    ],
    [
      "mutation ($is: Boolean!) { blockUnit(ref: { almaId: 1 }) @include(if: $is) { note } }",
      "no directives",
    ],
    ["mutation { blockUnit(ref: { almaId: 1 }) { unit { keyboxCode } } }", "cannot select secrets"],
    ["mutation { blockUnit(ref: { almaId: 1 }) { nothing } }", "nothing"],
    ["mutation {", "Syntax Error"],
  ])("by %s", async (document, message) => {
    const { start: begin, asked } = await start();
    const { job, userErrors } = await begin(document, [{}]);
    expect(job).toBeNull();
    expect(userErrors).toMatchObject([{ code: "INVALID", field: ["document"] }]);
    expect(userErrors[0]?.message).toContain(message);
    expect(asked()).toEqual([]);
  });

  test("with rows that do not fit the document: each is named", async () => {
    const { start: begin, asked } = await start({}, { MAX_JOB_ROWS: "6" });
    const rows = [
      rentRow(1, 1),
      { rent: "1" },
      { ...rentRow(1, 1), rend: "1" },
      7,
      { ...rentRow(1, 1), rent: "much" },
    ];
    const { userErrors } = await begin(rents, rows);
    expect(userErrors.map(({ field }) => field.join("."))).toEqual(["rows.1", "rows.2", "rows.3", "rows.4"]);
    expect(userErrors[1]?.message).toContain("$rend");
    expect((await begin(rents, rowsTo(7))).userErrors).toMatchObject([{ field: ["rows"] }]);
    expect((await begin(rents, [])).userErrors).toMatchObject([{ field: ["rows"] }]);
    expect(asked()).toEqual([]);
  });

  test("a second time under a key: it returns the first job, or is refused", async () => {
    const { start: begin, whenNot, patches } = await start();
    const rest = { idempotencyKey: "rents of May" };
    const [one, same] = await Promise.all([begin(rents, rowsTo(3), rest), begin(rents, rowsTo(3), rest)]);
    expect(same.job.id).toBe(one.job.id);
    await whenNot(one.job.id);
    expect((await begin(rents, rowsTo(3), rest)).job).toMatchObject({ id: one.job.id, state: "OVER" });
    expect(patches()).toHaveLength(3);
    expect((await begin(rents, rowsTo(4), rest)).userErrors).toMatchObject([
      { code: "INVALID", field: ["idempotencyKey"] },
    ]);
  });

  test("if unfinished jobs have the maximum of rows; finished ones are forgotten", async () => {
    const { start: begin, change, look, whenNot, simulator } = await start({}, { MAX_JOB_ROWS: "2" });
    const first = (await begin(rents, rowsTo(2))).job;
    await whenNot(first.id);
    simulator.faults.add({ kind: "status", status: 503 });
    for (let count = 0; count < 10; count++) await change("stop", (await begin(rents, rowsTo(2))).job.id);
    expect(await look(first.id)).toBeNull();
    expect((await begin(rents, rowsTo(1))).userErrors).toMatchObject([{ code: "NOT_DONE", field: ["rows"] }]);
  });
});

test("a stopped job starts no row until it is resumed", async () => {
  const {
    start: begin,
    change,
    look,
    whenNot,
    patches,
    simulator,
  } = await start({ latency: 20 }, { JOB_CONCURRENCY: "2" });
  const { job } = await begin(rents, rowsTo(30));
  await until(() => patches().length >= 3);
  const held = simulator.faults.add({ kind: "stall", ms: 10_000, when: isPatch });
  // All started rows have been sent to Alma.
  await until(() => held.hits === 2);
  held.remove();
  expect((await change("stop", job.id)).job).toMatchObject({ state: "STOPPED" });
  await until(async () => (await look(job.id)).done === patches().length);
  const stopped = await look(job.id);
  expect(stopped.left).toBeGreaterThan(10);
  expect(stopped.done).toBe(patches().length);
  await skipWaiting(sleep(2_000));
  expect(await look(job.id)).toEqual(stopped);
  expect((await change("resume", job.id)).job).toMatchObject({ state: "RUNNING" });
  expect(await whenNot(job.id)).toMatchObject({ state: "OVER", done: 30 });
  expect(patches()).toHaveLength(30);
  expect((await change("resume", job.id)).job).toMatchObject({ state: "OVER" });
  expect(await change("stop", "nothing")).toMatchObject({ job: null, userErrors: [{ code: "NOT_FOUND" }] });
});

test("a screen's query does not wait behind the calls of jobs", async () => {
  const env = { ALMA_CONCURRENCY: "2", JOB_CONCURRENCY: "16" };
  const { start: begin, query, whenNot, patches, simulator } = await start({ latency: 30 }, env);
  const { job } = await begin(rents, rowsTo(30));
  await until(() => patches().length >= 3);
  const before = simulator.log.total;
  await query("query @freshness(maxAge: 0) { building(ref: { almaId: 1001 }) { address } }");
  const place = simulator.log.entries.findIndex(({ path }) => path.includes("buildings/1001"));
  // The rows in flight, and the next ones.
  expect(place - before).toBeLessThanOrEqual(3);
  expect(await whenNot(job.id)).toMatchObject({ state: "OVER", done: 30 });
  // The others were waiting.
  expect(simulator.log.total - before).toBeGreaterThan(40);
});

test("while Alma is down a job waits, and then continues", async () => {
  const { start: begin, look, whenNot, simulator } = await start();
  const down = simulator.faults.add({ kind: "status", status: 503 });
  const { job } = await begin(rents, rowsTo(20));
  await skipWaiting(sleep(120_000));
  expect(await look(job.id)).toMatchObject({ state: "RUNNING", left: 20 });
  down.remove();
  expect(await whenNot(job.id)).toMatchObject({ state: "OVER", done: 20 });
});

test("a row of unknown outcome is checked again once it is settled, and is not sent again", async () => {
  const { start: begin, whenNot, simulator, patches, rentOf } = await start({}, { ALMA_TIMEOUT: "1" });
  const isOf = (id: number) => (entry: { method: string; path: string }) =>
    isPatch(entry) && entry.path.endsWith(`/units/${id}/`);
  simulator.faults.add({ kind: "late", ms: 2_000, when: isOf(1), times: 1 });
  simulator.faults.add({ kind: "reset", when: isOf(2), times: 1 });
  const { job } = await begin(rents, rowsTo(3));
  const over = await whenNot(job.id);
  expect(over.rows.map(({ state }) => state)).toEqual(["DONE", "UNKNOWN", "DONE"]);
  expect([rentOf(1), patches().length]).toEqual([2_000, 3]);
});

test("a row of unknown outcome behind another one of its record is checked again, too", async () => {
  const { start: begin, whenNot, simulator } = await start({}, { ALMA_TIMEOUT: "1" });
  simulator.faults.add({ kind: "reset", when: isPatch, times: 1 });
  simulator.faults.add({ kind: "late", ms: 2_000, when: isPatch, times: 1 });
  const { job } = await begin(rents, [rentRow(1, 2_000), rentRow(1, 3_000)]);
  const { rows } = await whenNot(job.id);
  expect(rows.map(({ state }) => state)).toEqual(["UNKNOWN", "DONE"]);
});

test("rows keep their numbers, which must increase", async () => {
  const { query, whenNot } = await start();
  const startWith = async (rowNumbers: readonly number[]) => {
    const { data } = await query(
      `mutation ($document: String!, $rows: [JSON!]!, $rowNumbers: [Int!]) {
        startJob(document: $document, rows: $rows, rowNumbers: $rowNumbers) { job { id } userErrors { code field } }
      }`,
      { document: rents, rows: rowsTo(3), rowNumbers },
    );
    return data.startJob;
  };
  for (const wrong of [
    [2, 3],
    [2, 2, 3],
    [0, 1, 2],
  ])
    expect((await startWith(wrong)).userErrors).toEqual([{ code: "INVALID", field: ["rowNumbers"] }]);
  const { job } = await startWith([2, 5, 9]);
  expect((await whenNot(job.id)).rows.map(({ number }) => number)).toEqual([2, 5, 9]);
  const { data } = await query(`{ job(id: "${job.id}") { rows(after: 2, first: 1) { number } } }`);
  expect(data.job.rows).toEqual([{ number: 5 }]);
});

test("a row that was sent without an answer is unknown, and is not sent again", async () => {
  const { start: begin, change, whenNot, patches, simulator } = await start();
  const isFifth = (entry: { method: string; path: string }) =>
    isPatch(entry) && entry.path.endsWith("/units/5/");
  simulator.faults.add({ kind: "reset", when: isFifth, times: 1 });
  const { job } = await begin(rents, rowsTo(10));
  const over = await whenNot(job.id);
  expect(over).toMatchObject({ state: "OVER", done: 9, unknown: 1 });
  expect(over.rows[4]).toMatchObject({ state: "UNKNOWN", userErrors: [{ code: "OUTCOME_UNKNOWN" }] });
  await change("resume", job.id);
  await skipWaiting(sleep(120_000));
  expect(patches().filter((path) => path.endsWith("/units/5/"))).toHaveLength(1);
});

if (has("live"))
  test("a live query of a job is answered on each progress, until the job ends", async () => {
    const { start: begin, address, whenNot } = await start({ latency: 100 }, { JOB_CONCURRENCY: "2" });
    const { job } = await begin(rents, rowsTo(12));
    const query = `query @live { job(id: "${job.id}") { state done left pace secondsLeft } }`;
    const stream = await openStream(`${address}/graphql/stream`, { body: { query } });
    const seen = () => stream.messages().map(({ data }) => data.job);
    while (seen().at(-1)?.state !== "OVER") await sleep(20);
    await whenNot(job.id);
    const left = seen().map((shown) => shown.left);
    expect(left.length).toBeGreaterThan(2);
    expect(left).toEqual([...left].sort((one, other) => other - one));
    expect(seen().some(({ pace, secondsLeft }) => pace > 0 && secondsLeft > 0)).toBe(true);
    expect(seen().at(-1)).toEqual({ state: "OVER", done: 12, left: 0, pace: null, secondsLeft: null });
  });

describe("ownership of a job", () => {
  const keys = {
    clerk: createApiKey("clerk", ["read", "write", "bulk"], null),
    other: createApiKey("other", ["read", "write", "bulk"], null),
    writer: createApiKey("writer", ["read", "write"], null),
  };
  const as = (name: keyof typeof keys) => ({ "x-api-key": keys[name].key });
  const env = { API_KEYS: JSON.stringify(Object.values(keys).map(({ record }) => record)) };

  test("a job needs the scopes write and bulk, and is visible only to its caller", async () => {
    const { query } = await start({}, env);
    const [clerk, other, writer] = (["clerk", "other", "writer"] as const).map((name) =>
      jobsOf(query, as(name)),
    );
    await expect(writer?.start(rents, rowsTo(1))).rejects.toThrow('"missing":["BULK"]');
    const { job } = (await clerk?.start(rents, rowsTo(2))) ?? {};
    const id = String(job?.id);
    expect(await skipWaiting(Promise.resolve(clerk?.whenNot(id)))).toMatchObject({ state: "OVER", done: 2 });
    for (const _ of [1, 2]) {
      expect(await clerk?.look(id)).toMatchObject({ done: 2 });
      expect(await other?.look(id)).toBeNull();
    }
    expect((await other?.change("stop", id))?.job).toBeNull();
    const list = async (name: keyof typeof keys) => (await query("{ jobs { id } }", {}, as(name))).data.jobs;
    expect(await list("clerk")).toEqual([{ id }]);
    expect(await list("other")).toEqual([]);
    await expect(
      clerk?.start(
        "mutation { blockUnit(ref: { almaId: 1 }) { unit { building { id } tenantContracts { nodes { client { email } } } } } }",
        [{}],
      ),
    ).rejects.toThrow("PERSONAL");
  });
});

test("a payload that is too long is omitted", async () => {
  const { start: begin, whenNot } = await start({ data: unitsOf(3) });
  const document = `mutation ($ref: Ref!, $header: String) {
    updateUnit(ref: $ref, input: { header: $header }) { unit { header again: header } }
  }`;
  const rows = [10, 9_000].map((length, index) => ({
    ref: { almaId: index + 1 },
    header: "x".repeat(length),
  }));
  const { job } = await begin(document, rows);
  expect((await whenNot(job.id)).rows).toMatchObject([
    { state: "DONE", payload: { unit: { header: "xxxxxxxxxx" } } },
    { state: "DONE", payload: null },
  ]);
});

test("a job whose key has expired pauses, and continues when its caller has a valid one", async () => {
  const { key, record } = createApiKey("clerk", ["read", "write", "bulk"], null);
  const file = join(mkdtempSync(join(tmpdir(), "keys-")), "keys.json");
  const write = (change: Partial<typeof record>) =>
    writeFileSync(file, JSON.stringify([{ ...record, ...change }]));
  write({});
  const { query, patches, lines } = await start(
    { latency: 50 },
    { API_KEYS_FILE: file, JOB_CONCURRENCY: "1", LOG_LEVEL: "info" },
  );
  const clerk = jobsOf(query, { "x-api-key": key });
  const { job } = await clerk.start(rents, rowsTo(30));
  await until(() => patches().length >= 2);
  write({ expires: new Date(0).toISOString() });
  await until(() => lines("job paused").length > 0);
  const sent = patches().length;
  expect(sent).toBeLessThan(30);
  write({ scopes: ["read", "write"] });
  await until(
    async () => (await query("{ viewer { name } }", {}, { "x-api-key": key })).data?.viewer.name === "clerk",
  );
  expect((await query(`{ job(id: "${job.id}") { id } }`, {}, { "x-api-key": key })).errors).toMatchObject([
    { extensions: { code: "FORBIDDEN", missing: ["BULK"] } },
  ]);
  write({});
  await until(async () => (await clerk.look(job.id).catch(() => undefined)) !== undefined);
  expect(await clerk.look(job.id)).toMatchObject({
    state: "PAUSED",
    reason: expect.stringContaining("has expired"),
  });
  expect(patches()).toHaveLength(sent);
  expect((await clerk.change("resume", job.id)).job).toMatchObject({ state: "RUNNING", reason: null });
  expect(await skipWaiting(clerk.whenNot(job.id))).toMatchObject({ state: "OVER", done: 30 });
  expect(patches()).toHaveLength(30);
});
