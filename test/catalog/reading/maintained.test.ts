import { afterEach, expect, test, vi } from "vitest";
import { type Alma, AlmaError } from "../../../src/alma/index.ts";
import { type Kind, kinds } from "../../../src/catalog/index.ts";
import { warmCatalog } from "../paper-catalog.ts";

const MAX_AGE = 120_000;
const UNITS = 200;
const pace = { refreshRate: 1, catalogMaxAge: MAX_AGE, maxCalls: UNITS / 2 };

afterEach(() => vi.useRealTimers());

/** A catalog whose refresh falls behind: it makes one call per second and has more units than the age has seconds. */
async function laggingCatalog() {
  const failing = new Set<Kind>();
  let downFor: number | undefined;
  const made = await warmCatalog(pace, UNITS, (alma: Alma) => {
    const lists = kinds.map((kind) => {
      const list = async (options: object) => {
        if (failing.has(kind)) throw new AlmaError("ALMA_BAD_ANSWER", `The list of ${kind}s failed.`);
        return alma[kind].list(options as never);
      };
      return [kind, { ...alma[kind], list }];
    });
    return { ...Object.fromEntries(lists), state: () => ({ downFor }) };
  });
  const units = () => {
    const operation = made.catalog.beginOperation("one");
    const members = made.catalog.findMembers(operation, { kind: "unit", needsDetails: true });
    return members instanceof Promise ? members : members.records.length;
  };
  await made.pass(200);
  expect(made.oldestAge()).toBeGreaterThan(MAX_AGE);
  const takeDown = (ms: number) => {
    downFor = ms;
  };
  return { ...made, failing, units, takeDown };
}

test("a lagging refresh refuses no query, even if the list of another kind fails", async () => {
  const { failing, units, pass, stop } = await laggingCatalog();
  expect(units()).toBe(UNITS);
  failing.add("ownerContract");
  await pass(31);
  expect(units()).toBe(UNITS);
  await stop();
});

test("a list that fails is served within its age; beyond it, queries of its kind fail", async () => {
  const { catalog, failing, units, pass, stop } = await laggingCatalog();
  failing.add("unit");
  await pass(31);
  expect(units()).toBe(UNITS);
  await pass(MAX_AGE / 1000);
  await expect(units()).rejects.toThrow("The list of units failed.");
  const others = catalog.findMembers(catalog.beginOperation("one"), { kind: "room", needsDetails: true });
  expect(others).not.toBeInstanceOf(Promise);
  failing.delete("unit");
  await pass(31);
  expect(units()).toBe(UNITS);
  await stop();
});

test("when all lists fail, no data is served beyond its age", async () => {
  const { failing, units, pass, stop } = await laggingCatalog();
  for (const kind of kinds) failing.add(kind);
  await pass(31);
  await expect(units()).rejects.toMatchObject({ code: "CALL_BUDGET_EXCEEDED" });
  await stop();
});

test("when Alma is down, no data is served beyond its age", async () => {
  const { takeDown, units, stop } = await laggingCatalog();
  takeDown(1_000);
  await expect(units()).rejects.toMatchObject({ code: "CALL_BUDGET_EXCEEDED" });
  await stop();
});
