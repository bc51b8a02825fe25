import fc from "fast-check";
import { expect, test } from "vitest";
import { AlmaError } from "../../../src/alma/index.ts";
import {
  type CachedRecord,
  type Catalog,
  createCatalog,
  DETAIL,
  type Level,
  SUMMARY,
} from "../../../src/catalog/index.ts";
import { PaperAlma, type Thing } from "../paper-alma.ts";

const UNITS = [1, 2, 3];
const ROOMS = [11, 12, 13, 14];

/** One step of a history. */
type Step =
  | { readonly do: "read"; readonly wants: readonly [id: number, level: Level][]; readonly maxAge: number }
  | { readonly do: "members"; readonly parent: number; readonly maxAge: number }
  | { readonly do: "change"; readonly id: number; readonly parent: number }
  | { readonly do: "begin write"; readonly id: number; readonly parent: number }
  | { readonly do: "end write" }
  | { readonly do: "wait" }
  | { readonly do: "create" }
  | { readonly do: "remove"; readonly id: number }
  | { readonly do: "look" | "answer" | "fail"; readonly which: number };

const id = fc.constantFrom(...UNITS, ...ROOMS);
const parent = fc.constantFrom(...UNITS);
const maxAge = fc.constantFrom(0, 500, 5_000);
const level = fc.constantFrom<Level>(SUMMARY, DETAIL);
const which = fc.nat(7);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      wants: fc.array(fc.tuple(id, level), { minLength: 1, maxLength: 4 }),
      maxAge,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("members" as const), parent, maxAge }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("change" as const), id, parent }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("begin write" as const), id, parent }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("end write" as const, "wait" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("create" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), id }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("look" as const), which }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant("answer" as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("fail" as const), which }) },
);

/** A resource's state from a time on. */
interface State {
  readonly from: number;
  readonly version: number;
  readonly parent: number;
  readonly exists: boolean;
}

/** The reference model: the states of each resource, and the time from which reads must show a write. */
class Model {
  now = 0;
  readonly paper = new PaperAlma(() => ++this.now);
  readonly catalog: Catalog;
  readonly history = new Map<number, State[]>();
  /** When the last write to each resource ended. */
  readonly written = new Map<number, number>();
  readonly writes: Thing[] = [];
  readonly open = new Set<Promise<void>>();

  constructor() {
    this.catalog = createCatalog({
      alma: this.paper.alma,
      clock: this.paper.clock,
      maxAge: 5_000,
      catalogMaxAge: 5_000,
      maxCalls: 1e9,
      today: () => "2025-01-01",
    });
    for (const unit of UNITS) this.note(this.paper.add("unit", unit));
    for (const room of ROOMS) this.note(this.paper.add("room", room, UNITS[room % UNITS.length]));
  }

  thing(id: number): Thing {
    return this.paper.things.find((one) => one.id === id) as Thing;
  }

  note(thing: Thing): void {
    const { version, parent, exists } = thing;
    const states = this.history.get(thing.id) ?? [];
    states.push({ from: ++this.now, version, parent, exists });
    this.history.set(thing.id, states);
  }

  /** All states of a resource at a time or later. */
  since(id: number, time: number): State[] {
    const states = this.history.get(id) ?? [];
    return states.filter((_, index) => (states[index + 1]?.from ?? Number.POSITIVE_INFINITY) > time);
  }

  /** The time after which a read of a resource is fresh enough. */
  bound(id: number, cutoff: number): number {
    return Math.max(cutoff, this.written.get(id) ?? 0);
  }
}

const flush = () => new Promise((resolve) => setImmediate(resolve));

async function run(model: Model, steps: readonly Step[]): Promise<void> {
  for (const one of steps) {
    perform(model, one);
    await flush();
  }
  // Every operation ends once Alma has answered.
  for (let round = 0; round < 100 && model.open.size > 0; round++) {
    for (const call of [...model.paper.pending]) call.answer();
    await flush();
  }
  expect(model.open.size).toBe(0);
}

function perform(model: Model, one: Step): void {
  const { paper, catalog } = model;
  if (one.do === "wait") model.now += 400;
  else if (one.do === "change") change(model, model.thing(one.id), one.parent);
  else if (one.do === "remove") {
    const thing = model.thing(one.id);
    thing.exists = false;
    model.note(thing);
  } else if (one.do === "create") {
    const thing = paper.add("room", 100 + paper.things.length, 1);
    model.note(thing);
    model.written.set(thing.id, ++model.now);
    catalog.noteWrite({ kind: "room", verb: "create", id: thing.id, parents: { parentUnit: 1 } });
  } else if (one.do === "begin write") {
    const thing = model.thing(one.id);
    change(model, thing, one.parent);
    model.writes.push(thing);
  } else if (one.do === "end write") {
    const thing = model.writes.shift();
    if (!thing) return;
    model.written.set(thing.id, ++model.now);
    catalog.noteWrite({
      kind: thing.kind,
      verb: "update",
      id: thing.id,
      parents: { parentUnit: thing.parent },
    });
  } else if (one.do === "read") begin(model, read(model, one.wants, one.maxAge));
  else if (one.do === "members") begin(model, members(model, one.parent, one.maxAge));
  else if ("which" in one) {
    const call = paper.pending[one.which % Math.max(1, paper.pending.length)];
    if (one.do === "look") call?.snapshot();
    else if (one.do === "answer") call?.answer();
    else call?.fail();
  }
}

function change(model: Model, thing: Thing, parent: number): void {
  thing.version++;
  if (thing.kind === "room") thing.parent = parent;
  model.note(thing);
}

function begin(model: Model, work: Promise<void>): void {
  model.open.add(work);
  work.finally(() => model.open.delete(work)).catch(() => {});
  failures.push(work);
}
let failures: Promise<void>[] = [];

async function read(model: Model, wants: readonly [number, Level][], age: number): Promise<void> {
  const operation = model.catalog.beginOperation("r", { maxAge: age });
  const cutoff = operation.namedCutoff;
  const outcomes = await model.catalog.load(
    operation,
    wants.map(([id, level]) => ({ record: entry(model, id), level, cutoff })),
  );
  for (const [index, [id, level]] of wants.entries()) {
    const outcome = outcomes[index];
    if (outcome instanceof AlmaError) continue;
    const possible = model.since(id, model.bound(id, cutoff));
    if (outcome === undefined) expect(possible.some(({ exists }) => !exists)).toBe(true);
    else {
      const shown = outcome.value[level === DETAIL ? "number" : "name"];
      expect(possible.map(({ version }) => `v${version}`)).toContain(shown);
    }
  }
}

async function members(model: Model, parent: number, age: number): Promise<void> {
  const operation = model.catalog.beginOperation("r", { maxAge: age });
  // A write that ends during a query's execution may or may not be in its answer.
  const bounds = new Map(model.paper.things.map(({ id }) => [id, model.bound(id, operation.indexCutoff)]));
  const under = { relation: "parentUnit", parents: [parent] };
  const found = await Promise.resolve(
    model.catalog.findMembers(operation, { kind: "room", needsDetails: true, referringTo: under }),
  ).catch((error) => {
    if (!(error instanceof AlmaError)) throw error;
    return undefined;
  });
  if (!found || found.failedReads.length > 0 || found.readsOfUnknownParent.length > 0) return;
  const failedSince = operation.failuresSince(operation.indexCutoff);
  const inside = new Set(found.records.map((one) => one.id));
  for (const [id, bound] of bounds) {
    // A record that cannot be read counts at its last known place.
    if (UNITS.includes(id) || entry(model, id).failureSince(failedSince)) continue;
    const possible = model
      .since(id, bound)
      .map((state) => state.exists && state.parent === parent && model.thing(parent).exists);
    const parentCame = model.since(parent, operation.indexCutoff).length > 1;
    if (!parentCame) expect(possible).toContain(inside.has(id));
  }
}

function entry(model: Model, id: number): CachedRecord {
  return model.catalog.store.getOrCreate(UNITS.includes(id) ? "unit" : "room", id);
}

test("no answer is older than promised, or older than a write that it shows", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      failures = [];
      await run(new Model(), steps);
      await Promise.all(failures);
    }),
    { numRuns: 500 },
  );
});
