import { expect, test } from "vitest";
import { hasPython, readWorkbook } from "../../support/python.ts";
import { startReports } from "./reports.ts";

const documents = {
  rents: `# title: Rents
# rows: tenantContracts.nodes
# columns: { monthlyPrice: { title: Rent, total: sum } }
query Rents { tenantContracts { nodes { price monthlyPrice } } }`,
};
const question = "{ tenantContracts { nodes { monthlyPrice } } }";

test.skipIf(!hasPython)("a missing setting needed by a value is named beside the rows", async () => {
  const { get, ask } = await startReports(documents);
  const file = await get("rents.xlsx");
  expect(file.headers.get("x-alma-missing-settings")).toBe("PRICE_PERIOD");
  const [rows = [], about = []] = readWorkbook(file.bytes).sheets;
  expect(rows.length).toBeGreaterThan(1);
  expect(about.map(([label, value]) => [label?.[3], value?.[3]])).toContainEqual([
    "Values left empty until the operator sets",
    "PRICE_PERIOD",
  ]);
  const page = await get("rents", { accept: "text/html" });
  expect(page.text).toContain("<b>Some columns are empty:</b>");
  expect(page.text).toContain("<code>PRICE_PERIOD</code>");
  expect((await ask(question, "text/csv")).headers.get("x-alma-missing-settings")).toBe("PRICE_PERIOD");
});

test("settings that are set or not needed are not mentioned", async () => {
  const documentsOfBoth = {
    ...documents,
    names: "# title: Names\n# rows: units.nodes\nquery Names { units { nodes { name } } }",
  };
  const { get } = await startReports(documentsOfBoth, { PRICE_PERIOD: "month" });
  for (const name of ["rents", "names"]) {
    expect((await get(`${name}.csv`)).headers.get("x-alma-missing-settings")).toBeNull();
    expect((await get(name, { accept: "text/html" })).text).not.toContain("Some columns are empty");
  }
});
