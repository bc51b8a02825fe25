import { afterEach, expect, test, vi } from "vitest";
import { coreWait } from "../../../src/graph/metering/cpu-clock.ts";
import { currentOperation } from "../../../src/graph/metering/current-operation.ts";
import { Meter, type Steps } from "../../../src/graph/metering/meter.ts";
import { nextTurn, TURN_LENGTH } from "../../../src/graph/metering/turn.ts";

afterEach(() => vi.restoreAllMocks());

/** A machine on which work takes the time and CPU that it declares, in milliseconds. */
function controlMachine() {
  let clock = 0;
  let cpu = 0;
  let waited = 0;
  vi.spyOn(performance, "now").mockImplementation(() => clock);
  vi.spyOn(process, "cpuUsage").mockImplementation((since) => ({
    user: cpu * 1000 - (since?.user ?? 0),
    system: 0,
  }));
  vi.spyOn(coreWait, "read").mockImplementation(() => waited);
  return {
    work(ms: number, cpuMs = ms, waitedMs = 0) {
      clock += ms;
      cpu += cpuMs;
      waited += waitedMs;
    },
  };
}

const nextIteration = () => new Promise((resolve) => setImmediate(resolve));

/** Steps of this duration each; they yield their number. */
function* stepsOf(count: number, step: () => void): Steps<number> {
  for (let n = 0; n < count; n++) {
    step();
    yield;
  }
  return count;
}

test("work that fits into a turn returns its result synchronously", () => {
  const machine = controlMachine();
  const meter = new Meter();
  expect(
    meter.run(
      "steps",
      stepsOf(9, () => machine.work(1)),
    ),
  ).toBe(9);
  expect(meter.cpuUsed).toBe(9);
});

test("longer work yields after each turn, and is charged completely", async () => {
  const machine = controlMachine();
  const meter = new Meter();
  await nextIteration();
  let others = 0;
  const count = () => {
    others += 1;
    if (others < 100) setImmediate(count);
  };
  setImmediate(count);
  const result = meter.run(
    "steps",
    stepsOf(100, () => machine.work(TURN_LENGTH / 10)),
  );
  expect(result).toBeInstanceOf(Promise);
  expect(await result).toBe(100);
  expect(others).toBeGreaterThanOrEqual(9);
  expect(meter.cpuUsed).toBeCloseTo(10 * TURN_LENGTH);
});

test("waiting for the machine is not charged", () => {
  const machine = controlMachine();
  const meter = new Meter();
  meter.charge("work", () => machine.work(1_000, 100));
  expect(meter.cpuUsed).toBe(100);
});

test("CPU of other threads is not charged for time in which the work waited for a core", () => {
  const machine = controlMachine();
  const meter = new Meter();
  meter.charge("work", () => machine.work(100, 150, 80));
  expect(meter.cpuUsed).toBe(20);
});

test("the thread's wait for a core is known if the system reports it", () => {
  const before = coreWait.read();
  expect(before).toBeGreaterThanOrEqual(0);
  expect(coreWait.read()).toBeGreaterThanOrEqual(before);
});

test("work yields after ten milliseconds", async () => {
  const machine = controlMachine();
  const meter = new Meter();
  await nextIteration();
  let steps = 0;
  const count = () => {
    steps += 1;
    machine.work(1);
  };
  const result = meter.run("steps", stepsOf(30, count));
  expect(steps).toBe(10);
  await result;
});

test("the CPU is read once for all work within a millisecond, and all of it is charged", () => {
  const machine = controlMachine();
  const meter = new Meter();
  for (let n = 0; n < 100; n++) meter.charge("work", () => machine.work(0.009));
  expect(meter.cpuUsed).toBeCloseTo(0.9);
  expect(process.cpuUsage).toHaveBeenCalledTimes(1);
  meter.charge("waiting", () => machine.work(1_000, 0));
  expect(meter.cpuUsed).toBeLessThan(2);
});

test("CPU of other threads is not charged", () => {
  const machine = controlMachine();
  const meter = new Meter();
  meter.charge("work", () => machine.work(100, 180));
  expect(meter.cpuUsed).toBe(100);
});

test("an operation is not charged for the work of others while it waits", async () => {
  const machine = controlMachine();
  const [one, other] = [new Meter(), new Meter()];
  one.charge("work", () => machine.work(5));
  machine.work(1_000);
  other.charge("work", () => machine.work(7));
  expect([one.cpuUsed, other.cpuUsed]).toEqual([5, 7]);
});

test("nested work is charged once", () => {
  const machine = controlMachine();
  const meter = new Meter();
  meter.charge("outer", () => {
    machine.work(5);
    meter.charge("inner", () => machine.work(7));
    machine.work(1);
  });
  expect(meter.cpuUsed).toBe(13);
});

test("the work of all operations in one iteration of the event loop is bounded together", async () => {
  const machine = controlMachine();
  await nextIteration();
  const results = Array.from({ length: 5 }, () =>
    new Meter().run(
      "steps",
      stepsOf(20, () => machine.work(TURN_LENGTH / 20 - 0.01)),
    ),
  );
  // The first has almost used up the turn; the second ends it, and the others wait after their first step.
  expect(results.map((result) => result instanceof Promise)).toEqual([false, true, true, true, true]);
  expect(await Promise.all(results)).toEqual([20, 20, 20, 20, 20]);
});

test("the operation that has used the least CPU gets the next turn", async () => {
  const machine = controlMachine();
  await nextIteration();
  const order: string[] = [];
  const ask = async (name: string, used: number) => {
    const meter = new Meter();
    meter.charge("work", () => machine.work(used));
    await meter.run(
      "more",
      stepsOf(2, () => {}),
    );
    order.push(name);
  };
  await Promise.all([ask("report", 500), ask("list", 100), ask("lookup", 1)]);
  expect(order).toEqual(["lookup", "list", "report"]);
});

test("an operation over its budget ends with an error that names what cost most", async () => {
  const machine = controlMachine();
  const meter = new Meter(200);
  await meter.run(
    "parsing the document",
    stepsOf(1, () => machine.work(20)),
  );
  let steps = 0;
  const result = meter.run(
    "the filter of units",
    stepsOf(1_000, () => {
      steps += 1;
      machine.work(TURN_LENGTH);
    }),
  );
  await expect(result).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    limit: "CPU_BUDGET",
    message: expect.stringMatching(
      /the 0\.2 s of CPU that are allowed, 9\d % of it for the filter of units\./,
    ),
  });
  expect(steps).toBeLessThan(25);
  expect(() => meter.throwIfOverBudget()).toThrow("of CPU that are allowed");
});

test("the current operation is named in memory that other threads can read", () => {
  const [first, second] = [new Meter(1_000, "first"), new Meter(1_000, "a second, with ä")];
  const name = () => Buffer.from(currentOperation.text).toString("utf8", 0, currentOperation.length[0]);
  expect(name()).toBe("a second, with ä");
  first.charge("some work", () => expect(name()).toBe("first"));
  second.charge("some work", () => expect(name()).toBe("a second, with ä"));
  new Meter(1_000, "ä".repeat(1_000)).charge("some work", () => expect(name()).toMatch(/^ä+$/));
});

test("the caller served longest ago goes first, however much work of another waits", async () => {
  const order: string[] = [];
  const wait = (owners: readonly string[], cpuUsed: number) =>
    nextTurn(owners, cpuUsed).then(() => void order.push(owners.join()));
  const many = Array.from({ length: 5 }, (_, n) => wait(["many"], n));
  await Promise.all([...many, wait(["one"], 50), wait(["many", "other"], 60), wait(["one"], 40)]);
  expect(order).toEqual(["many", "one", "many,other", "one", "many", "many", "many", "many"]);
});
