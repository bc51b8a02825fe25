import { expect, test } from "vitest";
import type { Alma } from "../../../src/alma/index.ts";
import { paperCatalog } from "../paper-catalog.ts";

const MAX_AGE = 1_000;

/** An Alma where no form of a path finds a record by its Bitrix id, and every list is there. */
function blind() {
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

test("one list decides all lookups of its age that Alma's own answers do not", async () => {
  const { catalog, calls, wait } = blind();
  const look = async (...ids: string[]) => {
    const operation = catalog.beginOperation("one");
    const found = ids.map((id) => catalog.findRecord(operation, "unit", id, operation.namedCutoff));
    return (await Promise.all(found)).map((cached) => cached?.id);
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
    const operation = catalog.beginOperation("one");
    const cached = await catalog.findRentalRecord(operation, id, operation.namedCutoff);
    return [cached?.id, operation.oldest < operation.startedAt];
  };
  expect(await look("v1")).toEqual([1, false]);
  expect(calls()).toEqual(["v1", "units", "rooms"]);
  // The answer is as old as the older list.
  expect(await look("v2")).toEqual([2, true]);
  expect(calls()).toEqual(["v2"]);
  catalog.noteWrite({ kind: "room", verb: "update", id: 9 });
  expect(await look("v2")).toEqual([2, false]);
  expect(calls()).toEqual(["v2", "units", "rooms"]);
});
