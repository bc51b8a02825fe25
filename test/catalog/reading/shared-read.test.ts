import { expect, test } from "vitest";
import { type Alma, AlmaError, type CallOptions } from "../../../src/alma/index.ts";
import { DETAIL, type Freshness, NEVER, Operation } from "../../../src/catalog/index.ts";
import {
  createLookupReader,
  createReader,
  type LookupReader,
} from "../../../src/catalog/shared-read/reader.ts";
import { SharedReads } from "../../../src/catalog/shared-read/shared-read.ts";
import { createStore } from "../../../src/catalog/store/store.ts";
import { PaperAlma } from "../../independent/paper-alma.ts";

let now = 0;
const clock = () => ++now;
const callerLeft = new AlmaError("DEADLINE_EXCEEDED", "The caller has left.");
const begin = (name: string, freshness?: Freshness) =>
  new Operation(
    createStore(),
    clock,
    { maxAge: 60_000, connectionAge: 60_000, closedAge: 60_000, isMaintained: false, maxCalls: 100 },
    name,
    freshness,
  );
/** Waits until all promises have settled that do not wait for an answer. */
const settle = () => new Promise((resolve) => setTimeout(resolve));

test("an operation that stops while an older read is in progress starts no other read", async () => {
  const paper = new PaperAlma(clock);
  paper.add("unit", 1);
  const store = createStore();
  const reader = createReader(paper.alma, store, clock, new SharedReads());
  const cached = store.getOrCreate("unit", 1);
  const first = begin("first");
  const read = reader.readDetail(cached, first.namedCutoff, first.startedAt, first);
  const second = begin("second", { maxAge: 0 });
  const waiting = second.waitFor(reader.readDetail(cached, second.namedCutoff, second.startedAt, second));
  second.stop(callerLeft);
  await expect(waiting).rejects.toBe(callerLeft);
  paper.pending[0]?.answer();
  await read;
  await settle();
  expect(cached.asOf(DETAIL)).not.toBe(NEVER);
  expect(paper.calls).toEqual(["unit 1"]);
});

test("no read is started once the gateway is closing", async () => {
  const paper = new PaperAlma(clock);
  paper.add("unit", 1);
  const store = createStore();
  const reader = createReader(paper.alma, store, clock, new SharedReads());
  const cached = store.getOrCreate("unit", 1);
  const read = (name: string) => {
    const operation = begin(name, { maxAge: 0 });
    return reader.readDetail(cached, operation.namedCutoff, operation.startedAt, operation);
  };
  const waits = [read("first"), read("second")];
  reader.stop();
  paper.pending[0]?.fail();
  const ends = await Promise.allSettled([...waits, read("third")]);
  expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
  expect(paper.calls).toEqual(["unit 1"]);
});

/** A reader that has received a list of units and has begun to compare it with the known records. */
async function comparing() {
  const paper = new PaperAlma(clock);
  for (let id = 1; id <= 2_000; id++) paper.add("unit", id);
  const store = createStore();
  const reader = createReader(paper.alma, store, clock, new SharedReads());
  const operation = begin("first");
  const read = reader.readList("unit", operation.indexCutoff, operation.startedAt, operation);
  paper.pending[0]?.answer();
  for (let step = 0; step < 20; step++) await Promise.resolve();
  expect(store.tables.unit.listed).toEqual([]);
  return { paper, store, reader, read, table: store.tables.unit };
}

test("a list being compared when the gateway closes is dropped", async () => {
  const { paper, reader, read, table } = await comparing();
  reader.stop();
  await read;
  await settle();
  expect([table.listed, table.listAt, table.size]).toEqual([[], NEVER, 0]);
  expect(table.listFailure?.error.code).toBe("ALMA_UNAVAILABLE");
  expect(paper.calls).toEqual(["units"]);
});

test("a list is read again for its waiters if a write ends while it is compared", async () => {
  const { paper, read, table } = await comparing();
  table.invalidateList(clock());
  paper.eager = true;
  await read;
  expect(paper.calls).toEqual(["units", "units"]);
  expect(table.listed).toHaveLength(2_000);
  expect(table.isListKnown(NEVER)).toBe(true);
});

test("a caller that joins a read promotes the list that it waits for, and does not abort it by leaving", async () => {
  const paper = new PaperAlma(clock);
  let list: CallOptions | undefined;
  const room = {
    get: async () => ({ asOf: clock(), isConclusive: false }),
    list: (options: CallOptions) => {
      list = options;
      return new Promise(() => {});
    },
  };
  const store = createStore();
  const reader = createReader({ ...paper.alma, room } as unknown as Alma, store, clock, new SharedReads());
  const background = { priority: "background" } as const;
  void reader.readDetail(store.getOrCreate("room", 1), NEVER, clock(), background);
  await settle();
  expect(list?.priority).toBe("background");
  const caller = begin("caller");
  const waiting = caller.waitFor(
    reader.readDetail(store.getOrCreate("room", 1), NEVER, caller.startedAt, caller),
  );
  expect(list?.priority).toBe("caller");
  caller.stop(callerLeft);
  await expect(waiting).rejects.toBe(callerLeft);
  expect(list?.signal?.aborted).toBe(false);
});

const cutoffsOf = ({ namedCutoff, spellingCutoff }: Operation) => ({
  cutoff: namedCutoff,
  listCutoff: spellingCutoff,
});

test.each([
  [
    "lookup",
    (reader: LookupReader, caller: Operation) => reader.lookUp("room", "x", cutoffsOf(caller), caller),
  ],
  [
    "lookup of a rental object",
    (reader: LookupReader, caller: Operation) =>
      reader.lookUp("rentalObject", "x", cutoffsOf(caller), caller),
  ],
])("a %s that its caller leaves aborts the lists that it waits for", async (_, lookUp) => {
  const paper = new PaperAlma(clock);
  const lists: CallOptions[] = [];
  const inconclusive = {
    get: async () => ({ asOf: clock(), isConclusive: false }),
    list: (options: CallOptions) => {
      lists.push(options);
      return new Promise(() => {});
    },
  };
  const rentalObject = async () => ({ asOf: clock(), value: undefined, isConclusive: false });
  const alma = { ...paper.alma, unit: inconclusive, room: inconclusive, rentalObject } as unknown as Alma;
  const caller = begin("caller");
  const store = createStore();
  const sharedReads = new SharedReads();
  const reader = createReader(alma, store, clock, sharedReads);
  const lookupReader = createLookupReader(alma, store, clock, reader, sharedReads);
  const waiting = caller.waitFor<unknown>(lookUp(lookupReader, caller));
  await settle();
  expect(lists.length).toBeGreaterThan(0);
  caller.stop(callerLeft);
  await expect(waiting).rejects.toBe(callerLeft);
  expect(lists.map(({ signal }) => signal?.aborted)).not.toContain(false);
});
