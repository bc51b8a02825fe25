import { describe, expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { household } from "../../simulator/alma.ts";
import { isPatch } from "../../simulator/update-fault.ts";
import { day } from "../../support/day.ts";
import { start } from "../start.ts";
import { pairEdits } from "./paired-edits.ts";

const unit = { id: 1, name: "101", building: 1001, external_id: "u-1" };
const data = {
  ...household,
  units: [
    { ...unit, goal_rent_cost: 12000, keybox_code: "4711" },
    { id: 3, name: "103", building: 1001, external_id: "u-3" },
  ],
  tenantContracts: [
    { id: 901, unit_id: 11, client_id: 252, start_date: day(0), end_date: day(5), price: "5000.50" },
  ],
};

describe.each([
  {
    write: 'updateUnit(ref: { almaId: 1 }, input: { header: "x" }',
    same: '{ goalRentCost: "12000", building: { externalId: "b-1" }, propertyType: "apartment", plot: null }',
    other: '{ goalRentCost: "12000.01" }',
    now: "12000.00",
  },
  {
    write: 'updateUnit(ref: { externalId: "u-1" }, input: { name: "x" }',
    same: '{ electronicLockPassword: "", isSwimmingPool: false, numberOfBaths: 1, internetLogin: "" }',
    other: "{ totalBuildableArea: null }",
    now: 0,
  },
  {
    write: 'updateBuilding(ref: { almaId: 1001 }, input: { address: "x" }',
    same: '{ name: "Marina Tower", externalId: "b-1 " }',
    other: "{ project: 208 }",
    now: { almaId: 207 },
  },
  {
    write: 'updateRoom(ref: { almaId: 11 }, input: { header: "x" }',
    same: "{ parentUnit: { almaId: 1 } }",
    other: '{ parentUnit: { externalId: "u-3" } }',
    now: { almaId: 1 },
  },
  {
    write: 'updateClient(ref: { almaId: 252 }, input: { lastName: "x" }',
    same: '{ idScan: null, email: "omar@example.com", country: "4" }',
    other: '{ email: "OMAR@example.com" }',
    now: "omar@example.com",
  },
  {
    write: 'updateTenantContract(ref: { almaId: 901 }, input: { name: "x" }',
    same: `{ price: "5000.5", endDate: "${day(5)}", rentalObject: { externalId: "r-11" } }`,
    other: `{ endDate: "${day(6)}" }`,
    now: day(5),
  },
  { write: "archiveUnit(ref: { almaId: 1 }", same: '{ name: "101" }', other: '{ name: "102" }', now: "101" },
  { write: "unarchiveRoom(ref: { almaId: 11 }", same: '{ name: "1" }', other: '{ name: "2" }', now: "1" },
  {
    write: 'blockUnit(ref: { externalId: "u-3" }',
    same: "{ plot: null }",
    other: '{ plot: "7" }',
    now: null,
  },
  { write: "unblockRoom(ref: { almaId: 12 }", same: '{ name: "2" }', other: '{ name: "1" }', now: "2" },
])("$write", ({ write, same, other, now }) => {
  test("is done if the record shows the expected values, in any notation", async () => {
    const { mutate, sent } = await start({ data });
    expect((await mutate(`${write}, expected: ${same})`, "__typename")).userErrors).toEqual([]);
    expect(sent()).toHaveLength(1);
  });

  test("sends nothing if it shows other values, and reports that in a dry run too", async () => {
    const { query, sent } = await start({ data });
    const field = ["expected", /\w+/.exec(other)?.[0]];
    for (const dryRun of ["", ", dryRun: true"]) {
      const document = `mutation { told: ${write}, expected: ${other}${dryRun}) { userErrors { code field now } } }`;
      expect((await query(document)).data.told.userErrors).toEqual([{ code: "CONFLICT", field, now }]);
    }
    expect(sent()).toEqual([]);
  });
});

test("a record is read right before the change, after everything else, and once more than without", async () => {
  const { query, asked, data: tables } = await start({ data });
  const seen = "{ unit(ref: { almaId: 1 }) { goalRentCost } }";
  expect((await query(seen)).data.unit).toEqual({ goalRentCost: "12000.00" });
  tables.units.change(1, { goal_rent_cost: 12500 });
  asked();
  const change = (expected: string) =>
    `mutation { told: updateUnit(ref: { almaId: 1 }, input: { additionalExternalId: "w-9" }${expected}) {
      unit { goalRentCost }
      userErrors { code field message now }
    } }`;
  const { told } = (await query(change(', expected: { goalRentCost: "12000" }'))).data;
  expect(told).toMatchObject({
    unit: { goalRentCost: "12500.00" },
    userErrors: [
      {
        code: "CONFLICT",
        field: ["expected", "goalRentCost"],
        now: "12500.00",
      },
    ],
  });
  expect(told.userErrors[0].message).toMatch(/^Unit:1 shows "12500.00" in goalRentCost.*, not /);
  const calls = asked();
  expect(calls.at(-1)).toBe("GET realty/units/1/");
  await query(change(', expected: { goalRentCost: "12500" }'));
  expect(asked().slice(-3)).toEqual(["GET realty/units/1/", "PATCH realty/units/1/", "GET realty/units/1/"]);
});

describe("a comparison needs the scopes of reading", () => {
  const keys = {
    writer: createApiKey("writer", ["write"], null),
    integrator: createApiKey("integrator", ["read", "write"], null),
    keeper: createApiKey("keeper", ["read", "write", "secrets"], null),
  };
  const run = async (name: keyof typeof keys, args: string) => {
    const records = Object.values(keys).map(({ record }) => record);
    const gateway = await start({ data }, { API_KEYS: JSON.stringify(records) });
    const answer = await gateway.query(
      `mutation { told: ${args}) { userErrors { code field message now } } }`,
      {},
      { "x-api-key": keys[name].key },
    );
    return { ...gateway, answer };
  };

  test.each([
    ["writer", 'blockUnit(ref: { almaId: 1 }, expected: { name: "101" }', ["READ"]],
    [
      "integrator",
      'updateUnit(ref: { almaId: 1 }, input: { header: "x" }, expected: { keyboxCode: "4711" }',
      ["SECRETS"],
    ],
    [
      "integrator",
      'updateClient(ref: { almaId: 251 }, input: { lastName: "x" }, expected: { phone: null }',
      ["PERSONAL"],
    ],
    ["writer", "archiveUnit(ref: { almaId: 1 }, expected: { keyboxCode: null }", ["READ", "SECRETS"]],
  ] as const)("%s: %s", async (name, args, missing) => {
    const { answer, asked } = await run(name, args);
    expect(answer.errors).toMatchObject([{ extensions: { code: "FORBIDDEN", missing } }]);
    expect(asked()).toEqual([]);
  });

  test("a secret is compared and not revealed, and the comparison is in the audit log", async () => {
    const { answer, lines } = await run(
      "keeper",
      'updateUnit(ref: { almaId: 1 }, input: { header: "x" }, expected: { keyboxCode: "1" }',
    );
    expect(answer.data.told.userErrors).toMatchObject([
      { code: "CONFLICT", field: ["expected", "keyboxCode"], now: null },
    ]);
    expect(JSON.stringify(answer)).not.toContain("4711");
    expect(lines("secrets read")).toMatchObject([{ record: "Unit:1", fields: ["keyboxCode"] }]);
  });
});

test("expectations that cannot be compared are refused, and an empty one is not a condition", async () => {
  const { refusals, asked } = await start({ data });
  const refused = await refusals(
    'updateUnit(ref: { almaId: 1 }, input: { header: "x" }, expected: { photos: { add: [9146] }, building: { externalId: "b-9" }, goalRentCost: "much" })',
  );
  expect(refused.sort()).toEqual([
    ["INVALID", "expected.goalRentCost"],
    ["INVALID", "expected.photos"],
    ["NOT_FOUND", "expected.building"],
  ]);
  asked();
  for (const expected of ["{}", "null"])
    expect(await refusals(`unblockUnit(ref: { almaId: 3 }, expected: ${expected})`)).toEqual([]);
  const write = "PATCH realty/units/3/block/";
  // An empty one still reads the record.
  expect(asked()).toEqual(["GET realty/units/3/", write, write]);
});

test("a repetition under a key gets the first answer, and no conflict with its own write", async () => {
  const { refusals, sent, simulator } = await start({ data });
  const change = (expected: string) =>
    `updateUnit(ref: { almaId: 1 }, input: { goalRentCost: "13000" }, expected: { goalRentCost: "${expected}" }, idempotencyKey: "k-1")`;
  const lost = simulator.faults.add({ kind: "status", status: 502, times: 1, when: isPatch });
  expect(await refusals(change("12000"))).toEqual([["OUTCOME_UNKNOWN", null]]);
  lost.remove();
  simulator.data.units.change(1, { goal_rent_cost: 13000 });
  for (const _ of [1, 2]) expect(await refusals(change("12000"))).toEqual([]);
  expect(sent()).toHaveLength(1);
  expect(await refusals(change("11000"))).toEqual([["INVALID", "idempotencyKey"]]);
});

test.each(["off", "on"])(
  "no change of two concurrent edits from the same value is lost (catalog %s)",
  async (CATALOG) => {
    expect(await pairEdits(25, { CATALOG })).toEqual({ told: { done: 25, CONFLICT: 25 }, lost: [] });
  },
);
