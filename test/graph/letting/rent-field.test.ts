import { describe, expect, test } from "vitest";
import { type ConfigError, loadConfig } from "../../../src/config/config.ts";
import { start } from "../start.ts";

const contracts = [
  { id: 1, price: "5000.00", start_date: "2026-01-15", end_date: "2026-06-14", type_contract: "Airbnb" },
  {
    id: 2,
    price: "60000.00",
    start_date: "2026-01-01",
    end_date: null,
    type_contract: "Long-term 3+ months",
  },
].map((contract) => ({
  ...contract,
  external_id: `t-${contract.id}`,
  name: "Stay",
  unit_id: 1,
  client_id: 1,
}));
const data = {
  projects: [{ id: 207, name: "Dubai" }],
  buildings: [{ id: 101, name: "Tower", project: 207 }],
  units: [{ id: 1, building: 101, name: "One", external_id: "u-1" }],
  clients: [{ id: 1, external_id: "c-1", first_name: "Lea", last_name: "Bauer" }],
  tenantContracts: contracts,
};
const question = `{ tenantContracts { nodes {
  almaId monthlyPrice rentBetween(from: "2026-06-01", to: "2026-06-30")
} } }`;

const startWith = (env: Record<string, string>) => start({ data }, env);

describe("rents", () => {
  test("follow PRICE_PERIOD by the kind of contract, in the decimals of CURRENCY", async () => {
    const { query } = await startWith({ PRICE_PERIOD: "month; Long-term 3+ months=year", CURRENCY: "KWD" });
    const { data, errors, extensions } = await query(question);
    expect(errors).toBeUndefined();
    expect(data.tenantContracts.nodes).toEqual([
      { almaId: 2, monthlyPrice: "5000.00", rentBetween: "5000.00" },
      { almaId: 1, monthlyPrice: "5000.00", rentBetween: "2333.334" },
    ]);
    expect(Object.keys(extensions.alma)).not.toContain("missingSettings");
  });

  test("are null without PRICE_PERIOD, and the answer names the missing setting", async () => {
    const { query } = await startWith({});
    const { data, errors, extensions } = await query(question);
    expect(errors).toBeUndefined();
    expect(data.tenantContracts.nodes[0]).toEqual({ almaId: 2, monthlyPrice: null, rentBetween: null });
    expect(extensions.alma).toMatchObject({ missingSettings: ["PRICE_PERIOD"] });
  });

  test("of a period that ends before it starts are refused before anything is read", async () => {
    const { query, asked } = await startWith({ PRICE_PERIOD: "month" });
    const { data, errors } = await query(
      '{ tenantContracts { nodes { rentBetween(from: "2026-06-30", to: "2026-06-01") } } }',
    );
    expect(data).toBeUndefined();
    expect(errors?.map(({ extensions: { code, argument } }) => [code, argument])).toEqual([
      ["BAD_USER_INPUT", "to"],
    ]);
    expect(asked()).toEqual([]);
  });
});

describe("the settings of prices", () => {
  const read = (env: Record<string, string>) => {
    try {
      return loadConfig({ ALMA_URL: "https://alma.example/external_api/", ALMA_API_KEY: "k", ...env });
    } catch (error) {
      return (error as ConfigError).errors;
    }
  };

  test("are a period and its exceptions", () => {
    expect(read({ PRICE_PERIOD: " contract ; Long-term 3+ months = year; a=b=month" })).toMatchObject({
      pricePeriods: {
        usual: "contract",
        byType: new Map([
          ["Long-term 3+ months", "year"],
          ["a=b", "month"],
        ]),
      },
    });
  });

  test.each(["weekly", "year;", "year; =month", "year; Airbnb", "year; Airbnb=week", "Airbnb=month"])(
    "PRICE_PERIOD %j is refused, with an example",
    (PRICE_PERIOD) => {
      expect(read({ PRICE_PERIOD })).toEqual([
        `PRICE_PERIOD is "${PRICE_PERIOD}", but it must begin with month, year or contract; exceptions follow by their kind of contract, as in "contract; Long-term 3+ months=year".`,
      ]);
    },
  );

  test("name each kind of contract once, and a currency that exists", () => {
    expect(read({ PRICE_PERIOD: "year; Airbnb=month; Airbnb=year" })).toEqual([
      'PRICE_PERIOD is "year; Airbnb=month; Airbnb=year", but it must name "Airbnb" only once.',
    ]);
    expect(read({ CURRENCY: "dirham" })).toEqual([
      'CURRENCY is "dirham", but it must be the code of a currency in capitals, such as AED.',
    ]);
  });
});
