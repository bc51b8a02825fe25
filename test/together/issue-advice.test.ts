import { readFileSync } from "node:fs";
import { isEnumType } from "graphql";
import { expect, test } from "vitest";
import { parseReport } from "../../src/capabilities/reports/definition/report.ts";
import { createDocumentRules } from "../../src/server/index.ts";
import { executableSchema } from "../support/schema.ts";

test("the report of data issues gives advice for each problem", () => {
  const { schema } = executableSchema();
  const document = readFileSync("src/capabilities/issues/reports/data-quality.graphql", "utf8");
  const rules = createDocumentRules(schema, { maxAliases: 100, maxTokens: 10_000 });
  const { columns } = parseReport("data-quality", document, rules);
  const { texts = {} } = columns.find(({ title }) => title === "What to do")?.derived ?? {};
  const type = schema.getType("DataIssueCode");
  const codes = isEnumType(type) ? type.getValues().map(({ name }) => name) : [];
  expect(Object.keys(texts)).toEqual(codes);
  // No names of the graph: its readers work with Alma.
  for (const text of Object.values(texts)) expect(text).not.toMatch(/[a-z][A-Z]|`/);
});
