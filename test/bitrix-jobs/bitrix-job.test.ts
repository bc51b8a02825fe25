import { expect, onTestFinished, test, vi } from "vitest";
import type { SimulatorOptions } from "../../simulator/index.ts";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { expectedOutcomes, expectRecords } from "../bitrix/bulk/outcome.ts";
import { chance, portfolio } from "../bitrix/bulk/portfolio.ts";
import { expectedRecordsOf } from "../bitrix/bulk/portfolio-alma.ts";
import { itemsOf } from "../bitrix/bulk/portfolio-items.ts";
import { apartment, contact, type Item, tenantContract, unit } from "../bitrix/item/items.ts";
import { jobsOf, type ShownJob } from "../jobs/start.ts";
import { skipWaiting } from "../support/clock.ts";
import { startGateway } from "../support/gateway.ts";

vi.setConfig({ testTimeout: 60_000 });

const startSync = `mutation ($items: [BitrixItemInput!]!, $dryRun: Boolean! = false, $idempotencyKey: String) {
  startBitrixSync(items: $items, dryRun: $dryRun, idempotencyKey: $idempotencyKey) {
    job { id state total }
    userErrors { code field message }
  }
}`;

/** A gateway over an Alma that has only the project by default. */
async function start(options: SimulatorOptions = {}, env: Record<string, string> = {}) {
  const gateway = await startGateway(
    { size: 0, data: { projects: [{ id: 207, name: "Dubai" }] }, ...options },
    { ALMA_TIMEOUT: "10", MAX_PAGE: "1000", ...env },
  );
  onTestFinished(() => gateway.close());
  if (env.CATALOG === "on") await gateway.warm();
  gateway.asked();
  const begin = async (items: readonly Item[], rest: object = {}) => {
    const { data, errors } = await gateway.query(startSync, { items, ...rest });
    return errors ? { errors } : data.startBitrixSync;
  };
  return {
    ...gateway,
    data: gateway.simulator.data,
    begin,
    /** Resolves with the job that syncs items when it has finished. */
    async sync(items: readonly Item[], rest: object = {}): Promise<ShownJob> {
      const { job } = await begin(items, rest);
      return skipWaiting(jobsOf(gateway.query).whenNot(job.id));
    },
    writes: () => gateway.asked().filter((call) => !call.startsWith("GET")),
  };
}

/** The outcome of each item, as returned by `outcomesOf`. */
const outcomesOf = ({ rows }: ShownJob) =>
  Object.fromEntries(
    rows
      .map(({ payload, userErrors }): [string, string] => {
        const codes = [...new Set(userErrors.map(({ code }) => code))].sort();
        return [`${payload?.kind} ${payload?.itemId}`, [payload?.action, ...codes].join(" ")];
      })
      .sort(),
  );

test("items in any order are synced, parents first, with a result for each; a second run writes nothing", async () => {
  const all = portfolio(31, 120, { broken: 0 });
  const { sync, data, writes } = await start({}, { CATALOG: "on" });
  const items = itemsOf(all, 1);
  const over = await sync(items);
  expect(over).toMatchObject({ state: "OVER", failed: 0, unknown: 0, done: items.length });
  expect(outcomesOf(over)).toEqual(expectedOutcomes(all, "CREATED"));
  expectRecords(data, expectedRecordsOf(all));
  expect(writes().length).toBeGreaterThan(items.length / 2);
  const again = await sync(chance(5).shuffled(itemsOf(all, 2)));
  expect(outcomesOf(again)).toEqual(expectedOutcomes(all, "UNCHANGED"));
  expect(writes()).toEqual([]);
});

test("a dry run reports what the job would do with each item, and failures fail dependent items", async () => {
  const all = portfolio(32, 60, { broken: 0.1 });
  const { sync, data, writes } = await start();
  const planned = await sync(itemsOf(all, 1), { dryRun: true });
  expect(writes().filter((call) => !call.startsWith("OPTIONS"))).toEqual([]);
  expect(outcomesOf(planned)).toEqual(expectedOutcomes(all, "CREATED"));
  const done = await sync(itemsOf(all, 2));
  expect(outcomesOf(done)).toEqual(expectedOutcomes(all, "CREATED"));
  expectRecords(data, expectedRecordsOf(all));
});

test("the newest version of an item counts, and a failed parent fails its child without a call", async () => {
  const { sync, data, asked } = await start();
  const versions = [11, 12, 10].map((hour) =>
    contact(31, { NAME: `At ${hour}`, DATE_MODIFY: `2026-11-25T${hour}:00:00+03:00` }),
  );
  const { rows } = await sync([
    tenantContract(501, 71, 31),
    unit(71, 12),
    ...versions,
    apartment(12, { ufCrm6_1682233481671: 6578 }),
  ]);
  expect(data.clients.all()).toMatchObject([{ first_name: "At 12" }]);
  expect(rows.map(({ state, userErrors }) => [state, userErrors.map(({ code }) => code)])).toEqual([
    ["FAILED", ["PARENT_FAILED"]],
    ["FAILED", ["PARENT_FAILED"]],
    ["DONE", []],
    ["DONE", []],
    ["DONE", []],
    ["FAILED", ["UNKNOWN_OPTION"]],
  ]);
  expect(rows[1]?.userErrors).toMatchObject([
    { message: expect.stringMatching(/^It depends on row 6, APARTMENT 12, /) },
  ]);
  expect(rows[5]?.userErrors).toMatchObject([{ field: ["item", "ufCrm6_1682233481671"] }]);
  expect(asked().filter((call) => !call.includes("clients"))).toEqual([]);
});

test("a contract waits for days that another contract of the job frees", async () => {
  const { sync, data } = await start({}, { JOB_CONCURRENCY: "1" });
  await sync([apartment(12), unit(71, 12), contact(31), contact(32), tenantContract(501, 71, 31)]);
  const days = (begin: string, end: string) => ({
    ufCrm20ContractStartDate: `${begin}T03:00:00+03:00`,
    ufCrm20ContractEndDate: `${end}T03:00:00+03:00`,
  });
  const { rows } = await sync([
    tenantContract(502, 71, 32, days("2026-06-01", "2026-12-31")),
    tenantContract(503, 71, 32, days("2026-05-01", "2026-07-01")),
    tenantContract(501, 71, 31, days("2026-01-01", "2026-05-31")),
  ]);
  expect(rows.map(({ state, userErrors }) => [state, userErrors.map(({ code }) => code)])).toEqual([
    ["DONE", []],
    ["FAILED", ["OVERLAP"]],
    ["DONE", []],
  ]);
  expect(data.tenantContracts.all().map(({ end_date }) => end_date)).toEqual(["2026-12-31", "2026-05-31"]);
});

test("a job is started once per key, and not at all without the scopes its items need", async () => {
  const clerk = createApiKey("clerk", ["read", "write", "bulk"], null);
  const { query, asked } = await start({}, { API_KEYS: JSON.stringify([clerk.record]), MAX_JOB_ROWS: "2" });
  const as = { "x-api-key": clerk.key };
  const send = async (items: readonly Item[]) =>
    await query(startSync, { items, idempotencyKey: "monday" }, as);
  const { errors } = await send([contact(31)]);
  expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", missing: ["PERSONAL"] } }]);
  const rooms = [unit(71, 12), unit(72, 12), unit(73, 12)];
  expect((await send(rooms)).data.startBitrixSync.userErrors).toMatchObject([
    { code: "INVALID", field: ["items"] },
  ]);
  expect(asked()).toEqual([]);
  const [first, again] = [await send(rooms.slice(1)), await send(rooms.slice(1))];
  expect(again.data.startBitrixSync.job.id).toBe(first.data.startBitrixSync.job.id);
  const over = await skipWaiting(jobsOf(query, as).whenNot(first.data.startBitrixSync.job.id));
  expect(over.rows.map(({ userErrors }) => userErrors[0]?.code)).toEqual(["MISSING_LINK", "MISSING_LINK"]);
});
