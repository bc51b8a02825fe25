import { expect, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { start } from "../graph/start.ts";
import { household } from "../simulator/alma.ts";

const unit = {
  id: 1,
  name: "101",
  building: 1001,
  external_id: "u-1",
  goal_rent_cost: 12000,
  keybox_code: "4711",
};
const data = { ...household, units: [unit] };

test("a conflict with a change elsewhere says when the value changed", async () => {
  const { query, data: tables } = await start({ data });
  await query("{ unit(ref: { almaId: 1 }) { goalRentCost } }");
  tables.units.change(1, { goal_rent_cost: 12500 });
  const change = `mutation { told: updateUnit(ref: { almaId: 1 }, input: { additionalExternalId: "w-9" }, expected: { goalRentCost: "12000" }) {
    userErrors { message change { after origin by { name } } } } }`;
  const [told] = (await query(change)).data.told.userErrors;
  expect(told.change).toEqual({ after: "12500.00", origin: "SEEN", by: null });
  expect(told.message).toMatch(/^Unit:1 shows "12500.00" in goalRentCost since 20.* at the latest, not /);
});

test("a conflict about a secret reveals no value of its change", async () => {
  const { query, data: tables } = await start({ data });
  await query("{ unit(ref: { almaId: 1 }) { keyboxCode } }");
  tables.units.change(1, { keybox_code: "4712" });
  const change = `mutation { told: updateUnit(ref: { almaId: 1 }, input: { header: "x" }, expected: { keyboxCode: "1" }) {
    userErrors { code message now change { before after origin } } } }`;
  const answer = await query(change);
  expect(answer.data.told.userErrors).toMatchObject([{ code: "CONFLICT", now: null }]);
  expect(JSON.stringify(answer)).not.toMatch(/471[12]/);
});

test("a conflict with a write through the gateway says by whom, to those who may know", async () => {
  const keys = {
    anna: createApiKey("Anna", ["read", "write"], null),
    boris: createApiKey("Boris", ["read", "write", "audit"], null),
  };
  const records = Object.values(keys).map(({ record }) => record);
  const { query } = await start({ data }, { API_KEYS: JSON.stringify(records) });
  const change = async (name: keyof typeof keys, rent: string, selection: string) => {
    const document = `mutation { told: updateUnit(ref: { almaId: 1 }, input: { goalRentCost: "${rent}" },
      expected: { goalRentCost: "12000.00" }) { userErrors { ${selection} } } }`;
    return (await query(document, {}, { "x-api-key": keys[name].key })).data.told.userErrors;
  };
  expect(await change("anna", "12300", "code")).toEqual([]);
  const [told] = await change("boris", "12400", "message now change { origin by { name operation } }");
  expect(told).toMatchObject({
    now: "12300.00",
    change: { origin: "WRITE", by: { name: "Anna", operation: "updateUnit" } },
  });
  expect(told.message).toContain("by Anna (updateUnit)");
  const [second] = await change("anna", "12400", "message change { origin }");
  expect(second.change).toEqual({ origin: "WRITE" });
  expect(second.message).not.toContain("Anna");
});
