import { expect, test } from "vitest";
import { type Catalog, createCatalog, DETAIL, SUMMARY } from "../../../src/catalog/index.ts";
import { PaperAlma } from "../paper-alma.ts";

function made(): { paper: PaperAlma; catalog: Catalog } {
  let now = 0;
  const paper = new PaperAlma(() => ++now);
  paper.eager = true;
  paper.add("unit", 1);
  const catalog = createCatalog({
    alma: paper.alma,
    clock: paper.clock,
    maxAge: 1e9,
    catalogMaxAge: 1e9,
    maxCalls: 1e9,
    today: () => "2025-01-01",
  });
  return { paper, catalog };
}

test("the number of remembered refs without a record is limited", async () => {
  const { paper, catalog } = made();
  const { store } = catalog;
  await catalog.findMembers(catalog.beginOperation("list"), { kind: "unit", needsDetails: false });
  for (let from = 1_000; from < 101_000; from += 1_000) {
    const operation = catalog.beginOperation("r");
    const ids = Array.from({ length: 1_000 }, (_, index) => from + index);
    const outcomes = await catalog.load(
      operation,
      ids.map((id) => ({
        record: store.getOrCreate("unit", id),
        level: DETAIL,
        cutoff: operation.namedCutoff,
      })),
    );
    expect(outcomes.every((outcome) => outcome === undefined)).toBe(true);
  }
  const unit = catalog.status().find(({ kind }) => kind === "unit");
  expect(unit?.remembered).toBeLessThanOrEqual(20_002);
  // The record that Alma lists is still known.
  paper.calls.length = 0;
  const operation = catalog.beginOperation("r");
  const [known] = await catalog.load(operation, [
    { record: store.getOrCreate("unit", 1), level: SUMMARY, cutoff: operation.namedCutoff },
  ]);
  expect(known).toBe(store.getOrCreate("unit", 1));
  expect(paper.calls).toEqual([]);
});

test("more concurrent refs than the cache holds are each read once, and answered", async () => {
  const { paper, catalog } = made();
  const operation = catalog.beginOperation("r");
  const ids = Array.from({ length: 45_000 }, (_, index) => 10 + index);
  for (const id of ids.slice(0, 100)) paper.add("unit", id);
  const outcomes = await catalog.load(
    operation,
    ids.map((id) => ({
      record: catalog.store.getOrCreate("unit", id),
      level: DETAIL,
      cutoff: operation.namedCutoff,
    })),
  );
  expect(paper.calls).toHaveLength(ids.length);
  expect(outcomes.filter((outcome) => outcome !== undefined)).toHaveLength(100);
});
