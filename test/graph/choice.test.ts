import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { portfolio } from "../support/portfolio.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway(
    { data: portfolio },
    { CATALOG: "on", CURRENCY: "AED", PRICE_PERIOD: "month; Booking=contract", TIME_ZONE: "Asia/Dubai" },
  );
  await gateway.warm();
});
afterAll(() => gateway.close());

const warningsOf = async (query: string, variables?: Record<string, unknown>) => {
  const { errors, extensions } = await gateway.query(query, variables);
  expect(errors).toBeUndefined();
  return (extensions as { readonly warnings?: readonly Record<string, string>[] }).warnings ?? [];
};

test("choices are those of Alma's document and those in records, with readable labels", async () => {
  const { units } = gateway.simulator.data;
  const [unit] = units.all();
  if (!unit) throw new Error("There is no unit.");
  units.change(unit.id, { status: "let_by_us", property_type: "tree_house" });
  await gateway.query(`query @freshness(maxAge: 0) { unit(ref: { almaId: ${unit.id} }) { status } }`);
  const { data } = await gateway.query(`{
    choices(fields: ["Unit.status", "Unit.propertyType", "Client.country"]) {
      field values { value label name isDocumented isSeen }
    }
  }`);
  const of = (field: string) =>
    data.choices.find((one: { readonly field: string }) => one.field === field).values;
  expect(of("Unit.status")).toEqual(
    expect.arrayContaining([
      { value: "available", label: "Available", name: null, isDocumented: true, isSeen: true },
      { value: "let_by_us", label: "Let by us", name: null, isDocumented: false, isSeen: true },
    ]),
  );
  expect(of("Unit.propertyType")).toEqual(
    expect.arrayContaining([
      {
        value: "detached_villa",
        label: "Detached villa",
        name: "property_type.detached_villa",
        isDocumented: true,
        isSeen: false,
      },
      {
        value: "tree_house",
        label: "Tree house",
        name: "property_type.tree_house",
        isDocumented: false,
        isSeen: true,
      },
    ]),
  );
  expect(of("Client.country")[0]).toMatchObject({ value: "4", label: "Cyprus", name: "country.cyprus" });
});

test("a field without choices is refused, with those that have some", async () => {
  const { errors } = await gateway.query('{ choices(fields: ["Unit.name"]) { field } }');
  expect(errors?.[0]?.message).toMatch(
    /"Unit.name" has no choices. These have: Unit.status, .*TenantContract.typeContract/,
  );
});

test("settings explain amounts and days", async () => {
  const { data } = await gateway.query(
    "{ settings { currency timeZone today pricePeriods { usual exceptions { typeContract period } } maxPage } }",
  );
  expect(data.settings).toEqual({
    currency: "AED",
    timeZone: "Asia/Dubai",
    today: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    pricePeriods: { usual: "month", exceptions: [{ typeContract: "Booking", period: "contract" }] },
    maxPage: 10_000,
  });
});

describe("an unknown value", () => {
  test.each([
    ['{ units(filter: { status: { eq: "availabel" } }) { totalCount } }', "filter.status", "available"],
    [
      '{ buildings { nodes { units(filter: { or: [{ propertyType: { in: ["studio", "appartment"] } }] }) { totalCount } } } }',
      "filter.or.0.propertyType",
      "apartment",
    ],
    [
      '{ tenantContracts(filter: { rentalObjectWhere: { unitWhere: { propertyType: { ne: "Studioo" } } } }) { totalCount } }',
      "filter.rentalObjectWhere.unitWhere.propertyType",
      "studio",
    ],
    [
      'mutation { updateUnit(ref: { almaId: 9199 }, dryRun: true, input: { propertyType: "studoi" }) { userErrors { code } } }',
      "input.propertyType",
      "studio",
    ],
  ])("%s", async (query, argument, suggestion) => {
    for (const time of [1, 2]) {
      const warnings = await warningsOf(query);
      expect(warnings, `${time}`).toHaveLength(1);
      expect(warnings[0]).toMatchObject({ argument, suggestion });
      expect(warnings[0]?.message).toContain(`Did you mean "${suggestion}"?`);
    }
  });

  test("suggests nothing without a similar value, and never lists known ones", async () => {
    const [warning] = await warningsOf(
      '{ units(filter: { status: { eq: "under the sea" } }) { totalCount } }',
    );
    expect(warning).not.toHaveProperty("suggestion");
    expect(await warningsOf('{ units(filter: { status: { in: ["available"] } }) { totalCount } }')).toEqual(
      [],
    );
    expect(
      await warningsOf('{ units(filter: { status: { eq: "AVAILABLE", ignoreCase: true } }) { totalCount } }'),
    ).toEqual([]);
    const variables = { filter: { status: { notIn: ["let_by_us"] } } };
    expect(
      await warningsOf("query ($filter: UnitFilter) { units(filter: $filter) { totalCount } }", variables),
    ).toEqual([]);
  });
});
