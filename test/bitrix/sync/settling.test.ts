import { expect, test } from "vitest";
import { advance, skipWaiting } from "../../support/clock.ts";
import { apartment, contact, tenantContract, unit } from "../item/items.ts";
import { actions, having, start } from "./gateway.ts";

const isPost = (name: string) => (request: { readonly method: string; readonly path: string }) =>
  request.method === "POST" && request.path.endsWith(`/${name}/`);

test("a contract that Alma makes long after its answer was lost is found by the next sync, not doubled", async () => {
  const home = [apartment(12), unit(71, 12), contact(31)];
  const { sync, sent, data, simulator } = await having(...home);
  // ALMA_TIMEOUT is 10 s.
  simulator.faults.add({ kind: "stall", ms: 28_000, times: 1, when: isPost("tenant_contracts") });
  const lease = tenantContract(501, 71, 31);
  const lost = await sync([lease]);
  expect(lost.items).toMatchObject([{ action: "FAILED", userErrors: [{ code: "OUTCOME_UNKNOWN" }] }]);
  expect(actions(await sync([lease]))).toEqual(["UNCHANGED"]);
  expect(data.tenantContracts.by("external_id", "501")).toHaveLength(1);
  expect(sent()).toHaveLength(1);
});

test("a sync that ends earlier says how long to wait, and the other items are written", async () => {
  const { sync, sent, simulator } = await start({}, { DEADLINE: "5" });
  simulator.faults.add({ kind: "stall", ms: 28_000, times: 1, when: isPost("clients") });
  expect(actions(await sync([contact(31)]))).toEqual(["FAILED"]);
  const { items } = await sync([contact(31), contact(32)]);
  expect(items).toMatchObject([
    {
      action: "FAILED",
      userErrors: [{ code: "OUTCOME_UNKNOWN", message: expect.stringMatching(/up to \d+ s/) }],
    },
    { action: "CREATED" },
  ]);
  expect(sent()).toHaveLength(2);
});

test.each([
  ["apartment", apartment(12, { title: "New" }), apartment(12)],
  ["unit", unit(71, 12, { ufCrm8_1699620518232: "5000" }), unit(71, 12)],
  ["contact", contact(31, { NAME: "Lea" }), contact(31)],
  ["contract", tenantContract(501, 71, 31, { opportunity: "9" }), tenantContract(501, 71, 31)],
])("%s as before a change that may still happen is not reported as unchanged", async (_, changed, back) => {
  const home = [apartment(12), unit(71, 12), contact(31), tenantContract(501, 71, 31)];
  const { sync, simulator } = await having(...home);
  simulator.faults.add({ kind: "stall", ms: 30_000, times: 1, when: ({ method }) => method === "PATCH" });
  expect((await sync([changed])).items).toMatchObject([{ userErrors: [{ code: "OUTCOME_UNKNOWN" }] }]);
  expect((await sync([back])).items).toMatchObject([
    {
      action: "FAILED",
      userErrors: [{ code: "NOT_DONE", message: expect.stringMatching(/send it again in \d+ s/) }],
    },
  ]);
  // Alma performs the change.
  advance(30_000);
  await skipWaiting(new Promise((resolve) => setTimeout(resolve, 1_000)));
  expect(actions(await sync([back]))).toEqual(["UPDATED"]);
});
