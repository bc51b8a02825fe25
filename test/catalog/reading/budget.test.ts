import { expect, test } from "vitest";
import { createCatalog, DETAIL, type Operation } from "../../../src/catalog/index.ts";
import { PaperAlma } from "../../independent/paper-alma.ts";

test("the advised maxAge fits the budget; after a write to every record no maxAge does", async () => {
  let now = 0;
  const paper = new PaperAlma(() => ++now);
  paper.eager = true;
  const ids = [1, 2, 3];
  for (const id of ids) paper.add("unit", id);
  const catalog = createCatalog({
    alma: paper.alma,
    clock: paper.clock,
    maxAge: 1_000,
    catalogMaxAge: 1_000,
    maxCalls: 2,
    today: () => "2026-01-01",
  });
  const read = (operation: Operation, some = ids) =>
    catalog.load(
      operation,
      some.map((id) => ({
        record: catalog.store.getOrCreate("unit", id),
        level: DETAIL,
        cutoff: operation.namedCutoff,
      })),
    );
  for (const id of ids) await read(catalog.beginOperation("r"), [id]);
  now += 60_000;
  await expect(read(catalog.beginOperation("r"))).rejects.toThrow(
    "It is probably within the limit with @freshness(maxAge: 121)",
  );
  // The advice is still correct after a while.
  now += 50_000;
  expect(await read(catalog.beginOperation("r", { maxAge: 121_000 }))).toHaveLength(ids.length);
  now += 60_000;
  for (const id of ids) catalog.noteWrite({ kind: "unit", verb: "update", id });
  await expect(read(catalog.beginOperation("r"))).rejects.toThrow("A larger maxAge does not help");
});
