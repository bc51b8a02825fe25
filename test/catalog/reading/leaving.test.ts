import { expect, test } from "vitest";
import { type Alma, AlmaError, type CallOptions } from "../../../src/alma/index.ts";
import { DETAIL, type Freshness, NEVER, Operation } from "../../../src/catalog/index.ts";
import { Reader } from "../../../src/catalog/reading/reader.ts";
import { Store } from "../../../src/catalog/store/store.ts";
import { PaperAlma } from "../../independent/paper-alma.ts";

let now = 0;
const clock = () => ++now;
const gone = new AlmaError("DEADLINE_EXCEEDED", "The caller has left.");
const begin = (name: string, freshness?: Freshness) =>
  new Operation(
    clock,
    { maxAge: 60_000, connectionAge: 60_000, isMaintained: false, maxCalls: 100 },
    name,
    freshness,
  );
/** Lets everything go on that waits for nothing else. */
const settle = () => new Promise((resolve) => setTimeout(resolve));

test("who leaves while an older read is under way has no other one made", async () => {
  const paper = new PaperAlma(clock);
  paper.add("unit", 1);
  const store = new Store();
  const reader = new Reader(paper.alma, store, clock);
  const cached = store.getOrCreate("unit", 1);
  const first = begin("first");
  const read = reader.readDetail(cached, first.namedCutoff, first.startedAt, first);
  const second = begin("second", { maxAge: 0 });
  const wanted = second.waitFor(reader.readDetail(cached, second.namedCutoff, second.startedAt, second));
  second.stop(gone);
  await expect(wanted).rejects.toBe(gone);
  paper.pending[0]?.answer();
  await read;
  await settle();
  expect(cached.asOf(DETAIL)).not.toBe(NEVER);
  expect(paper.calls).toEqual(["unit 1"]);
});

test("nothing is read any more once the gateway is closing", async () => {
  const paper = new PaperAlma(clock);
  paper.add("unit", 1);
  const store = new Store();
  const reader = new Reader(paper.alma, store, clock);
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

test("a caller who joins a read takes along the list that has to decide, and who leaves it leaves that to others", async () => {
  const paper = new PaperAlma(clock);
  let list: CallOptions | undefined;
  const room = {
    get: async () => ({ asOf: clock(), isConclusive: false }),
    list: (options: CallOptions) => {
      list = options;
      return new Promise(() => {});
    },
  };
  const store = new Store();
  const reader = new Reader({ ...paper.alma, room } as unknown as Alma, store, clock);
  const background = { priority: "background" } as const;
  void reader.readDetail(store.getOrCreate("room", 1), NEVER, clock(), background);
  await settle();
  expect(list?.priority).toBe("background");
  const caller = begin("caller");
  const wanted = caller.waitFor(
    reader.readDetail(store.getOrCreate("room", 1), NEVER, caller.startedAt, caller),
  );
  expect(list?.priority).toBe("caller");
  caller.stop(gone);
  await expect(wanted).rejects.toBe(gone);
  expect(list?.signal?.aborted).toBe(false);
});

test.each([
  ["lookup", (reader: Reader, one: Operation) => reader.lookUp("room", "x", one.namedCutoff, one)],
  ["rentalObject", (reader: Reader, one: Operation) => reader.lookUpRentalObject("x", one.namedCutoff, one)],
])("a %s that is left leaves the lists that were to decide", async (_, look) => {
  const paper = new PaperAlma(clock);
  const lists: CallOptions[] = [];
  const undecided = {
    get: async () => ({ asOf: clock(), isConclusive: false }),
    list: (options: CallOptions) => {
      lists.push(options);
      return new Promise(() => {});
    },
  };
  const rentalObject = async () => ({ asOf: clock(), value: undefined, isConclusive: false });
  const alma = { ...paper.alma, unit: undecided, room: undecided, rentalObject } as unknown as Alma;
  const caller = begin("caller");
  const wanted = caller.waitFor<unknown>(look(new Reader(alma, new Store(), clock), caller));
  await settle();
  expect(lists.length).toBeGreaterThan(0);
  caller.stop(gone);
  await expect(wanted).rejects.toBe(gone);
  expect(lists.map(({ signal }) => signal?.aborted)).not.toContain(false);
});
