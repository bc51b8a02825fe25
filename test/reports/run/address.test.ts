import fc from "fast-check";
import { buildSchema, coerceInputValue } from "graphql";
import { expect, test } from "vitest";
import {
  InvalidParameterError,
  readParameters,
} from "../../../src/capabilities/reports/definition/parameter.ts";
import { parseReport } from "../../../src/capabilities/reports/definition/report.ts";
import { readAddress } from "../../../src/capabilities/reports/run/address.ts";
import { readDocument } from "../../../src/server/gate/document-size-rule.ts";
import { createOperationAnalyzer } from "../../../src/server/scope/operation-analysis.ts";
import { allTypeDefs } from "../../support/schema.ts";

const schema = buildSchema(allTypeDefs());
const rules = {
  schema,
  analyzer: createOperationAnalyzer(schema),
  readDocument: (text: string) => readDocument(text, schema, { maxTokens: 4000, maxAliases: 100 }),
};
const { parameters } = parseReport(
  "all",
  `# title: All
# rows: nodes
query All($text: String, $n: Int, $area: Float, $cost: Decimal, $is: Boolean, $on: Date, $of: Ref, $states: [ContractState!], $ids: [ID!]!) {
  units(first: $n, filter: { name: { eq: $text }, internalArea: { gt: $area }, goalRentCost: { gt: $cost }, isArchived: $is, building: $of }) { totalCount }
  tenantContracts(filter: { activeOn: $on, state: $states }) { totalCount }
  nodes(ids: $ids) { id }
}`,
  rules,
);
const names = parameters.map(({ name }) => name);

test("every parameter is a value that GraphQL accepts, or refused with a sentence", () => {
  const word = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "",
      " ",
      "1",
      "-1",
      "1.5",
      "1e9",
      "9999999999",
      "true",
      "TRUE",
      "today",
      " 90d",
      "endOfWeek-1m",
      "2024-02-30",
      "ACTIVE",
      "Unit:1",
      "Unit:99999999999999999999",
      "bitrix:",
      "bitrix: x",
      "007",
      "NaN",
      "null",
      "[1]",
      "{}",
    ),
  );
  const name = fc.oneof(
    fc.constantFrom(...names, "_bom", "_header", "_partial", "_maxAge", "_locale"),
    fc.string({ unit: "binary" }),
  );
  const query = fc.array(fc.tuple(name, word), { maxLength: 6 });
  let accepted = 0;
  const endings = fc.constantFrom(undefined, "csv" as const, "xlsx" as const);
  const property = fc.property(query, endings, (pairs, ending) => {
    const url = `/reports/all.csv?ids=Unit:1&${new URLSearchParams(pairs.filter(([key]) => key !== "ids").map(([key, value]) => [key, value]))}`;
    try {
      const { texts, options } = readAddress(
        url,
        { parameters, key: undefined, groupings: [], isGrouped: false },
        ending,
        "2026-11-30",
      );
      const variables = readParameters(parameters, texts, "2024-02-29");
      for (const { name: own, type } of parameters)
        if (own in variables)
          coerceInputValue(variables[own], type, () => {
            throw new Error(`${own} was accepted.`);
          });
      expect(Number.isNaN(options.maxAge)).toBe(false);
      accepted += 1;
    } catch (error) {
      if (!(error instanceof InvalidParameterError)) throw error;
      expect(error.message).toMatch(/[.]$/);
      expect(error.message.length).toBeLessThan(600);
    }
  });
  fc.assert(property, { numRuns: 5_000 });
  expect(accepted).toBeGreaterThan(50);
});

test("a page is grouped by a column that its report offers, by its default, or by nothing", () => {
  const groupsOf = (heads: string) =>
    parseReport(
      "rents",
      `# title: Rents
# rows: units.nodes
# columns: { building.name: Building, numberOfBedrooms: Bedrooms }
${heads}
query Rents { units { nodes { building { name } numberOfBedrooms } } }`,
      rules,
    );
  const offered = groupsOf("# groups: [numberOfBedrooms]");
  const byDefault = groupsOf("# subtotals: { by: building.name }\n# groups: [numberOfBedrooms]");
  const titleOf = (report: typeof offered, query: string) =>
    readAddress(`/reports/rents${query}`, report, undefined, "2026-11-30").options.grouping?.label.title;
  expect([titleOf(offered, ""), titleOf(offered, "?_group="), titleOf(offered, "?_group=Bedrooms")]).toEqual([
    undefined,
    undefined,
    "Bedrooms",
  ]);
  expect([titleOf(byDefault, ""), titleOf(byDefault, "?_group=Bedrooms")]).toEqual(["Building", "Bedrooms"]);
  expect(() => titleOf(offered, "?_group=Building")).toThrow('_group is "Building". It may be Bedrooms.');
  expect(() => groupsOf("# groups: [header]")).toThrow("names header, which is not a column");
});
