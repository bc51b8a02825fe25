import { expect, test } from "vitest";
import type { Alma } from "../../../src/alma/index.ts";
import { paperCatalog } from "../paper-catalog.ts";

const MAX_AGE = 1_000;

/** An Alma that answers each lookup by Bitrix id with an inconclusive 404, and every list. */
function inconclusiveAlma() {
  const asked: string[] = [];
  const made = paperCatalog({ hasBackgroundWork: false, maxAge: MAX_AGE }, (alma, clock) => {
    const missing = async (what: string) => {
      asked.push(what);
      return { asOf: clock(), value: undefined, isConclusive: false };
    };
    const get = ({ externalId }: { externalId: string }) => missing(externalId);
    return { unit: { ...alma.unit, get }, rentalObject: missing } as unknown as Partial<Alma>;
  });
  const { paper } = made;
  paper.eager = true;
  for (const id of [1, 2, 3]) paper.add("unit", id).version = id;
  return { ...made, calls: () => [...asked.splice(0), ...paper.calls.splice(0)] };
}

test("one list decides all inconclusive lookups of its age", async () => {
  const { catalog, calls, wait } = inconclusiveAlma();
  const lookUp = async (...ids: string[]) => {
    const operation = catalog.beginOperation("one");
    const found = ids.map((id) => catalog.lookUp(operation, "unit", id, operation.namedCutoff));
    return (await Promise.all(found)).map(({ record }) => record?.id);
  };
  expect(await lookUp("v1")).toEqual([1]);
  expect(calls()).toEqual(["v1", "units"]);
  expect(await lookUp("v2", "v3", "v4")).toEqual([2, 3, undefined]);
  expect(calls()).toEqual(["v2", "v3", "v4"]);
  expect(await lookUp("v1", "v4")).toEqual([1, undefined]);
  expect(calls()).toEqual([]);
  // An answer is as old as the list that decided it, and is refreshed together with the list.
  wait(MAX_AGE);
  expect(await lookUp("v4")).toEqual([undefined]);
  expect(calls()).toEqual(["v4", "units"]);
});

test("inconclusive lookups of rental objects are decided by lists newer than the last write to units or rooms", async () => {
  const { catalog, calls } = inconclusiveAlma();
  const lookUp = async (id: string) => {
    const operation = catalog.beginOperation("one");
    const { record } = await catalog.lookUp(operation, "rentalObject", id, operation.namedCutoff);
    return [record?.id, operation.oldest < operation.startedAt];
  };
  expect(await lookUp("v1")).toEqual([1, false]);
  expect(calls()).toEqual(["v1", "units", "rooms"]);
  // The answer is as old as the older list.
  expect(await lookUp("v2")).toEqual([2, true]);
  expect(calls()).toEqual(["v2"]);
  catalog.noteWrite({ kind: "room", verb: "update", id: 9 });
  expect(await lookUp("v2")).toEqual([2, false]);
  expect(calls()).toEqual(["v2", "units", "rooms"]);
});
