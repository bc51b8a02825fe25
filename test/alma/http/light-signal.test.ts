import { expect, test } from "vitest";
import { LightSignal } from "../../../src/alma/http/light-signal.ts";

test("calls each listener once, with the reason of the first abort", () => {
  const signal = new LightSignal();
  const told: unknown[] = [];
  for (const name of ["one", "two"]) signal.onAbort((reason) => told.push([name, reason]));
  signal.abort("left");
  signal.abort("closing");
  expect(told).toEqual([
    ["one", "left"],
    ["two", "left"],
  ]);
  expect(signal).toMatchObject({ aborted: true, reason: "left" });
  expect(() => signal.throwIfAborted()).toThrow("left");
});

test("calls a late listener immediately", () => {
  const signal = new LightSignal();
  signal.abort("left");
  const told: unknown[] = [];
  signal.onAbort((reason) => told.push(reason));
  expect(told).toEqual(["left"]);
});

test("does not call a listener that was removed, even by another listener", () => {
  const signal = new LightSignal();
  const told: string[] = [];
  signal.onAbort(() => told.push("gone"))();
  signal.onAbort(() => stop());
  const stop = signal.onAbort(() => told.push("stopped"));
  signal.abort("left");
  expect(told).toEqual([]);
  expect(() => new LightSignal().throwIfAborted()).not.toThrow();
});
