import { afterEach, expect, test, vi } from "vitest";
import { LightSignal } from "../../../src/alma/http/light-signal.ts";
import { Slices, UNCUT_ITEMS } from "../../../src/alma/http/slice.ts";

const slices = new Slices();
let now = performance.now();

afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  vi.restoreAllMocks();
});

/** Lets each look at the time find that a slice is over. */
function hurry(): void {
  vi.spyOn(performance, "now").mockImplementation(() => (now += 11));
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Counts the turns of the event loop until `work` is done. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const end = () => {
    isDone = true;
  };
  work.then(end, end);
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  return turns;
}

test("a long list is worked on in order, and other work has its turn in between", async () => {
  hurry();
  const done: number[] = [];
  const turns = await turnsOf(slices.forEach(numbers(10 * UNCUT_ITEMS), (item) => done.push(item)));
  expect(done).toEqual(numbers(10 * UNCUT_ITEMS));
  expect(turns).toBeGreaterThan(5);
});

test("a short list is not cut, however long it takes", async () => {
  hurry();
  const done: number[] = [];
  void slices.forEach(numbers(UNCUT_ITEMS), (item) => done.push(item));
  expect(done).toHaveLength(UNCUT_ITEMS);
});

test("of several lists one has a slice in each turn, and each gets on", async () => {
  hurry();
  const begun: string[] = [];
  let turn = 0;
  const list = async (name: string) => {
    await slices.next();
    await slices.forEach(numbers(5 * UNCUT_ITEMS), (item) => {
      if (item % UNCUT_ITEMS === 0) begun.push(`${name} in turn ${turn}`);
    });
  };
  const work = [list("a"), slices.inOwn(() => begun.push(`own in turn ${turn}`)), list("b")];
  let isOver = false;
  const count = () => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all(work);
  isOver = true;
  const names = begun.map((slice) => slice.split(" ")[0]);
  expect(names.slice(0, 4)).toEqual(["a", "own", "b", "a"]);
  expect(names.filter((name) => name === "b")).toHaveLength(5);
  expect(new Set(begun.map((slice) => slice.split(" ").at(-1))).size).toBe(begun.length);
});

test("work that is no longer wanted ends with the reason before its next slice", async () => {
  hurry();
  const controller = new LightSignal();
  const done: number[] = [];
  const work = slices.forEach(numbers(5 * UNCUT_ITEMS), (item) => done.push(item), controller);
  controller.abort(new Error("The gateway is closing."));
  await expect(work).rejects.toThrow("The gateway is closing.");
  expect(done).toHaveLength(UNCUT_ITEMS);
  await expect(slices.next(controller)).rejects.toThrow("The gateway is closing.");
  await slices.next();
});

test("an error of the work ends it", async () => {
  const work = () => {
    throw new Error("bad entry");
  };
  await expect(slices.forEach([1], work)).rejects.toThrow("bad entry");
  await expect(slices.inOwn(work)).rejects.toThrow("bad entry");
});
