import { afterEach, expect, test, vi } from "vitest";
import { LightSignal } from "../../../src/alma/http/light-signal.ts";
import { ITEMS_PER_CHECK, inSlices, yieldToEventLoop } from "../../../src/alma/http/slice.ts";

let now = performance.now();

afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  vi.restoreAllMocks();
});

/** Makes every check of the time find the slice over. */
function hurry(): void {
  vi.spyOn(performance, "now").mockImplementation(() => (now += 11));
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Counts the event loop's iterations until `work` is done. */
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

test("a long list is processed in order, yielding in between", async () => {
  hurry();
  const done: number[] = [];
  const turns = await turnsOf(inSlices(numbers(10 * ITEMS_PER_CHECK), (item) => done.push(item)));
  expect(done).toEqual(numbers(10 * ITEMS_PER_CHECK));
  expect(turns).toBeGreaterThan(5);
});

test("a short list is not divided, however long it takes", async () => {
  hurry();
  const done: number[] = [];
  void inSlices(numbers(ITEMS_PER_CHECK), (item) => done.push(item));
  expect(done).toHaveLength(ITEMS_PER_CHECK);
});

test("aborted work ends with the reason before its next slice", async () => {
  hurry();
  const controller = new LightSignal();
  const done: number[] = [];
  const work = inSlices(numbers(5 * ITEMS_PER_CHECK), (item) => done.push(item), controller);
  controller.abort(new Error("The gateway is closing."));
  await expect(work).rejects.toThrow("The gateway is closing.");
  expect(done).toHaveLength(ITEMS_PER_CHECK);
  await expect(yieldToEventLoop(controller)).rejects.toThrow("The gateway is closing.");
});

test("an error thrown by the work ends it", async () => {
  const work = () => {
    throw new Error("bad entry");
  };
  await expect(inSlices([1], work)).rejects.toThrow("bad entry");
});
