import { expect, test } from "vitest";
import type { Alma } from "../../src/alma/index.ts";
import { Catalog } from "../../src/catalog/index.ts";
import { PaperAlma } from "../independent/paper-alma.ts";

const MAX_AGE = 1_000;

/** An Alma where no form of a path finds a record by its Bitrix id, and every list is there. */
function blind() {
  let now = 0;
  const clock = () => ++now;
  const paper = new PaperAlma(clock);
  paper.eager = true;
  const units = [1, 2, 3].map((id) => paper.add("unit", id));
  const asked: string[] = [];
  const missing = async (what: string) => {
    asked.push(what);
    return { at: clock(), value: undefined, decided: false };
  };
  const alma = {
    ...paper.alma,
    unit: { ...paper.alma.unit, get: ({ externalId }: { externalId: string }) => missing(externalId) },
    rentalObject: missing,
  } as unknown as Alma;
  const catalog = new Catalog({
    alma,
    clock,
    background: false,
    maxAge: MAX_AGE,
    catalogMaxAge: 60_000,
    refreshRate: 1,
    warmUpConcurrency: 1,
    maxCalls: 100,
    today: () => "2026-01-01",
  });
  const calls = () => [...asked.splice(0), ...paper.calls.splice(0)];
  const wait = (ms: number) => {
    now += ms;
  };
  return { catalog, calls, wait, units };
}

test("one list decides all lookups of its age that Alma's own answers do not", async () => {
  const { catalog, calls, wait, units } = blind();
  units.forEach((unit, index) => {
    unit.version = index + 1;
  });
  const look = async (...ids: string[]) => {
    const operation = catalog.operation("one");
    const found = ids.map((id) => catalog.lookup(operation, "unit", id, operation.named));
    return (await Promise.all(found)).map((entry) => entry?.id);
  };
  expect(await look("v1")).toEqual([1]);
  expect(calls()).toEqual(["v1", "units"]);
  expect(await look("v2", "v3", "v4")).toEqual([2, 3, undefined]);
  expect(calls()).toEqual(["v2", "v3", "v4"]);
  expect(await look("v1", "v4")).toEqual([1, undefined]);
  expect(calls()).toEqual([]);
  // They are as old as the list that decided them, and are asked for again with it.
  wait(MAX_AGE);
  expect(await look("v4")).toEqual([undefined]);
  expect(calls()).toEqual(["v4", "units"]);
});

test("the lists of units and rooms decide on rental objects, each newer than the last write to either", async () => {
  const { catalog, calls } = blind();
  const look = async (id: string) => {
    const operation = catalog.operation("one");
    const entry = await catalog.rentalObject(operation, id, operation.named);
    return [entry?.id, operation.oldest < operation.start];
  };
  expect(await look("v1")).toEqual([3, false]);
  expect(calls()).toEqual(["v1", "units", "rooms"]);
  // The answer is as old as the older list.
  expect(await look("v2")).toEqual([undefined, true]);
  expect(calls()).toEqual(["v2"]);
  catalog.wrote({ kind: "room", verb: "update", id: 9 });
  expect(await look("v2")).toEqual([undefined, false]);
  expect(calls()).toEqual(["v2", "units", "rooms"]);
});
