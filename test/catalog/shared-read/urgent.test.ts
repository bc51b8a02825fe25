import { expect, test } from "vitest";
import { SharedRead, type Waiter } from "../../../src/catalog/shared-read/shared-read.ts";

const endless = () => new Promise<void>(() => {});
const warmUp: Waiter = { priority: "background" };
const callerOf = (readsUnderWay: number): Waiter => ({ priority: "caller", readsUnderWay });

test("a read becomes urgent when a screen comes to wait for it, and is so no longer when the screen leaves", () => {
  const read = new SharedRead(warmUp, endless);
  const screen = callerOf(3);
  expect(read.isUrgent).toBe(false);
  read.join(callerOf(1_000));
  expect(read.isUrgent).toBe(false);
  read.join(screen);
  expect(read.isUrgent).toBe(true);
  read.leave(screen);
  expect(read.isUrgent).toBe(false);
});

test("the last reads that a report waits for are urgent", () => {
  const report = { priority: "caller" as const, readsUnderWay: 1_000 };
  const read = new SharedRead(report, endless);
  expect(read.isUrgent).toBe(false);
  report.readsUnderWay = 2;
  expect(read.isUrgent).toBe(true);
});

test("what an urgent read waits for is urgent", () => {
  const detail = new SharedRead(callerOf(1), endless);
  const list = new SharedRead(warmUp, endless);
  list.join(detail);
  expect(list.isUrgent).toBe(true);
  const other = new SharedRead(warmUp, endless);
  other.join(new SharedRead(callerOf(1_000), endless));
  expect(other.isUrgent).toBe(false);
});
