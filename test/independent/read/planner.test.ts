import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AlmaError } from "../../../src/alma/index.ts";
import {
  createCatalog,
  DETAIL,
  EXISTS,
  type Level,
  type ReadRequest,
  SUMMARY,
} from "../../../src/catalog/index.ts";
import { PaperAlma } from "../paper-alma.ts";

/** A small portfolio: units 1 to 4, rooms 11 to 15, each with the unit that it is in. */
const UNITS = [1, 2, 3, 4];
const ROOMS: Readonly<Record<number, number>> = { 11: 1, 12: 1, 13: 2, 14: 3, 15: 3 };
const IDS = [...UNITS, ...Object.keys(ROOMS).map(Number)];
const isUnit = (id: number): boolean => UNITS.includes(id);

interface Case {
  readonly wants: readonly { readonly id: number; readonly level: Level; readonly kindKnown: boolean }[];
  /** Details and lists that were read before. */
  readonly read: readonly number[];
  readonly lists: readonly ("unit" | "room")[];
  readonly unlisted: readonly number[];
}

const cases: fc.Arbitrary<Case> = fc.record({
  wants: fc.array(
    fc.record({
      id: fc.constantFrom(...IDS),
      level: fc.constantFrom<Level>(EXISTS, SUMMARY, DETAIL),
      kindKnown: fc.boolean(),
    }),
    { minLength: 1, maxLength: 7 },
  ),
  read: fc.subarray(IDS, { maxLength: 3 }),
  lists: fc.subarray(["unit", "room"] as const),
  unlisted: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.subarray(IDS) }),
});

async function made({ wants, read, lists, unlisted }: Case): Promise<number> {
  let now = 0;
  const paper = new PaperAlma(() => ++now);
  paper.eager = true;
  for (const unit of UNITS) paper.add("unit", unit);
  for (const [room, unit] of Object.entries(ROOMS)) paper.add("room", Number(room), unit);
  for (const id of unlisted) paper.unlisted.add(id);
  const catalog = createCatalog({
    alma: paper.alma,
    clock: paper.clock,
    maxAge: 1e9,
    catalogMaxAge: 1e9,
    maxCalls: 1e9,
    today: () => "2025-01-01",
  });
  const { store } = catalog;
  const entry = (id: number) => store.getOrCreate(isUnit(id) ? "unit" : "room", id);
  const before = catalog.beginOperation("before");
  for (const kind of lists) await catalog.findMembers(before, { kind, needsDetails: false });
  await catalog.load(
    before,
    read.map((id) => ({ record: entry(id), level: DETAIL, cutoff: before.namedCutoff })),
  );
  paper.calls.length = 0;

  const operation = catalog.beginOperation("now");
  const asked: ReadRequest[] = wants.map(({ id, level, kindKnown }) => ({
    record: kindKnown ? entry(id) : (store.findRentalObject(id) ?? { rentalObject: id }),
    level,
    cutoff: operation.namedCutoff,
  }));
  const outcomes = await catalog.load(operation, asked);
  for (const [index, { id, level }] of wants.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined || outcome instanceof AlmaError) throw new Error(`${id}: ${outcome?.message}`);
    expect(outcome).toBe(entry(id));
    if (level !== EXISTS) expect(outcome.value[level === DETAIL ? "number" : "name"]).toBe("v1");
  }
  // No call is made twice.
  expect(new Set(paper.calls).size).toBe(paper.calls.length);
  return paper.calls.length;
}

/**
 * The fewest calls that can read the wanted data, by trying every set of calls. Embedded parts of records count if
 * those records must be read anyway, or anywhere for the `lucky`, who need no prior knowledge. A rental object's kind
 * is known from earlier reads or from the list of units.
 */
function fewest({ wants, read, lists, unlisted }: Case, lucky = false): number {
  const calls = ["unit", "room", ...IDS];
  let best = Number.POSITIVE_INFINITY;
  for (let set = 0; set < 2 ** calls.length; set++) {
    const chosen = calls.filter((_, index) => set & (1 << index));
    if (chosen.length >= best) continue;
    const has = (call: string | number) =>
      chosen.includes(call) || read.includes(call as number) || lists.includes(call as "unit");
    const listed = (id: number) => has(isUnit(id) ? "unit" : "room") && !unlisted.includes(id);
    const anyway = (id: number) =>
      read.includes(id) ||
      (has(id) && (lucky || wants.some((want) => want.id === id && want.level === DETAIL)));
    const inside = (id: number) =>
      Object.entries(ROOMS).some(([room, unit]) => unit === id && anyway(Number(room)));
    const before = (id: number) =>
      read.includes(id) ||
      (lists.includes(isUnit(id) ? "unit" : "room") && !unlisted.includes(id)) ||
      Object.entries(ROOMS).some(([room, unit]) => unit === id && read.includes(Number(room)));
    const enough = wants.every(({ id, level, kindKnown }) => {
      const placed = lucky || kindKnown || before(id) || has("unit") || inside(id);
      return placed && (level === DETAIL ? has(id) : has(id) || listed(id) || inside(id));
    });
    if (enough) best = chosen.length;
  }
  return best;
}

describe("the planner", () => {
  test("makes the fewest calls if lists are complete", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        fc.pre(one.unlisted.length === 0 && one.wants.every(({ kindKnown }) => kindKnown));
        const calls = await made(one);
        expect(calls).toBeLessThanOrEqual(fewest(one));
        expect(calls).toBeGreaterThanOrEqual(fewest(one, true));
      }),
      { numRuns: 300 },
    );
  });

  test("needs at most one call more for each record of unknown kind or outside its list, and one to find that out", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const odd = new Set(
          one.wants
            .filter(({ id, kindKnown }) => !kindKnown || one.unlisted.includes(id))
            .map(({ id }) => id),
        );
        const calls = await made(one);
        expect(calls).toBeGreaterThanOrEqual(fewest(one, true));
        expect(calls - fewest(one)).toBeLessThanOrEqual(odd.size === 0 ? 0 : odd.size + 1);
      }),
      { numRuns: 300 },
    );
  });

  test("finds the kinds of any number of listed rental objects by the two lists", async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(IDS, { minLength: 2 }), async (ids) => {
        const wants = ids.map((id) => ({ id, level: SUMMARY, kindKnown: false }));
        const rooms = ids.filter((id) => !isUnit(id)).length;
        const calls = await made({ wants, read: [], lists: [], unlisted: [] });
        expect(calls).toBeLessThanOrEqual(1 + (rooms > 0 ? 1 : 0));
      }),
    );
  });
});
