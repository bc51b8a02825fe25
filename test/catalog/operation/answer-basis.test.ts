import { expect, test } from "vitest";
import { AlmaError } from "../../../src/alma/index.ts";
import { AnswerBasis } from "../../../src/catalog/operation/answer-basis.ts";
import { invalidate } from "../../../src/catalog/store/invalidate.ts";
import { createStore, type Store } from "../../../src/catalog/store/store.ts";

const unit = (id: number, name = "A") => ({
  record: {
    id,
    name,
    header: name,
    externalId: `x${id}`,
    building: { id: 7, name: "Tower" },
    photos: [{ id: 1 }],
  },
  fieldErrors: undefined,
});
const listOf = (ids: readonly number[], name = "A", malformed = 0) => ({
  items: ids.map((id) => ({
    record: { id, name, header: name, externalId: `x${id}` },
    fieldErrors: undefined,
  })),
  malformed,
});
const lost = new AlmaError("ALMA_UNAVAILABLE", "Alma is down.");

const ages = { connectionAge: 100, closedAge: 100, isMaintained: true };

async function known(count = 3) {
  const store = createStore();
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  await store.applyList("unit", listOf(ids), 1);
  for (const id of ids) store.applyDetail("unit", unit(id), 2);
  const basis = new AnswerBasis(store.tables, 3, ages);
  const noteAll = () => {
    for (const id of ids) basis.noteRecord(store.getOrCreate("unit", id));
  };
  return { store, basis, ids, noteAll };
}

type Change = (store: Store, ids: readonly number[]) => unknown;
/** Events that leave an answer valid and events that do not; all concern unit 2 or the list. */
const repetitions: [string, Change][] = [
  ["a detail with objects in it that reads as before", (store) => store.applyDetail("unit", unit(2), 5)],
  ["a list that reads as before", (store, ids) => store.applyList("unit", listOf(ids), 5)],
];
/** Events that leave an answer valid unless it asked for record 99, which is unknown. */
const absences: [string, Change][] = [
  ["a requested record", (store) => store.getOrCreate("unit", 99)],
  ["the absence of one that nothing shows", (store) => store.tables.unit.getOrCreate(99).markGone(5)],
  ["a failed read of one that nothing shows", (store) => store.getOrCreate("unit", 99).markFailed(5, lost)],
];
const changesOfUnit: [string, Change][] = [
  ["another value", (store) => store.applyDetail("unit", unit(2, "B"), 5)],
  [
    "another value inside an object",
    (store) => {
      const { record } = unit(2);
      const moved = { ...record, building: { id: 8, name: "Tower" } };
      store.applyDetail("unit", { record: moved, fieldErrors: undefined }, 5);
    },
  ],
  ["an unreadable field", (store) => store.applyDetail("unit", { ...unit(2), fieldErrors: { id: "?" } }, 5)],
  [
    "its absence from the list",
    (store, ids) => store.applyList("unit", listOf(ids.filter((id) => id !== 2)), 5),
  ],
  ["another value in the list", (store, ids) => store.applyList("unit", listOf(ids, "B"), 5)],
  ["its absence", (store) => store.tables.unit.getOrCreate(2).markGone(5)],
  ["a failed read", (store) => store.getOrCreate("unit", 2).markFailed(5, lost)],
  ["a write to it", (store) => invalidate(store, { kind: "unit", verb: "block", id: 2 }, 5)],
  ["a write to its building", (store) => invalidate(store, { kind: "building", verb: "update", id: 7 }, 5)],
];
const changesOfList: [string, Change][] = [
  ["a record more", (store, ids) => store.applyList("unit", listOf([...ids, 99]), 5)],
  ["an unreadable entry", (store, ids) => store.applyList("unit", listOf(ids, "A", 1), 5)],
  ["a create without an id", (store) => invalidate(store, { kind: "unit", verb: "create" }, 5)],
];

test.each([...repetitions, ...absences])("an answer is current after %s", async (_name, change) => {
  const { store, basis, ids, noteAll } = await known();
  noteAll();
  basis.noteKind("unit");
  await change(store, ids);
  expect(basis.stands).toBe(true);
});

test.each(changesOfUnit)("an answer that shows a record is outdated by %s", async (_name, change) => {
  const { store, basis, ids, noteAll } = await known();
  noteAll();
  expect(basis.stands).toBe(true);
  await change(store, ids);
  expect(basis.stands).toBe(false);
});

test.each(absences.slice(1))(
  "an answer that requested the record is outdated by %s",
  async (_name, change) => {
    const { store, basis, ids } = await known();
    basis.noteRecord(store.getOrCreate("unit", 99));
    await change(store, ids);
    expect(basis.stands).toBe(false);
  },
);

test("a known absence outdates nothing, and its end outdates everything that depends on the kind", async () => {
  const { store, basis, ids } = await known();
  const { unit: table } = store.tables;
  table.getOrCreate(99).markGone(5);
  basis.noteKind("unit");
  const ofRecord = new AnswerBasis(store.tables, 6, ages);
  ofRecord.noteRecord(store.getOrCreate("unit", 99));
  table.getOrCreate(99).markGone(7);
  expect([basis.stands, ofRecord.stands]).toEqual([true, true]);
  store.applyDetail("unit", unit(99), 8);
  expect([basis.stands, ofRecord.stands]).toEqual([false, false]);
  expect(ids).not.toContain(99);
});

test("an absence that a list has contradicted is an absence once more", async () => {
  const { store, basis, ids } = await known();
  store.tables.unit.getOrCreate(2).markGone(5);
  await store.applyList("unit", listOf(ids), 6);
  basis.noteKind("unit");
  store.tables.unit.getOrCreate(2).markGone(7);
  expect(basis.stands).toBe(false);
});

test("an unseen record outdates answers that depend on its kind once others refer to it", async () => {
  const { store, basis } = await known();
  await store.applyList("room", { items: [], malformed: 0 }, 3);
  await store.applyList(
    "tenantContract",
    { items: [{ record: { id: 50 }, fieldErrors: undefined }], malformed: 0 },
    3,
  );
  store.settle();
  basis.noteKind("room");
  const record = { id: 50, unitUsage: { unitId: 99, clientId: null, isArchived: false } };
  store.applyDetail("tenantContract", { record, fieldErrors: undefined }, 5);
  store.settle();
  expect(store.tables.room.getRemembered(99)?.membership).toBe("referred");
  expect(basis.stands).toBe(false);
});

test.each([...changesOfUnit, ...changesOfList])(
  "an answer that depends on a list is outdated by %s",
  async (_name, change) => {
    const { store, basis, ids } = await known();
    basis.noteKind("unit");
    expect(basis.stands).toBe(true);
    await change(store, ids);
    expect(basis.stands).toBe(false);
  },
);

test("an answer that shows one record is not outdated by a change of another", async () => {
  const { store, basis } = await known();
  basis.noteRecord(store.getOrCreate("unit", 1));
  store.applyDetail("unit", unit(2, "B"), 5);
  expect(basis.stands).toBe(true);
});

test.each([1, 201, 500])(
  "a change before the answer ended outdates it, at the first of %i records",
  async (count) => {
    const { store, basis, ids } = await known(count);
    for (const id of ids) {
      basis.noteRecord(store.getOrCreate("unit", id));
      if (id === 1) store.applyDetail("unit", unit(1, "B"), 5);
    }
    expect(basis.stands).toBe(false);
  },
);

test("a record that changed after it was read for the answer outdates it, although its kind is noted later", async () => {
  const { store, basis } = await known();
  const cached = store.getOrCreate("unit", 1);
  const { version } = cached;
  store.applyDetail("unit", unit(1, "B"), 5);
  basis.noteKind("unit");
  basis.noteRecord(cached, version);
  expect(basis.stands).toBe(false);
});

test("an answer of more than 200 records depends on their kind", async () => {
  const { store, basis, noteAll } = await known(201);
  noteAll();
  expect(basis.stands).toBe(true);
  await store.applyList("unit", listOf([1]), 5);
  expect(basis.stands).toBe(false);
});

test("an answer ends when its first reading is too old for its place", async () => {
  const { basis } = await known();
  basis.noteReading(1, Number.POSITIVE_INFINITY);
  expect(basis.until).toBe(Number.POSITIVE_INFINITY);
  basis.noteReading(2, 30);
  basis.noteReading(3, 20);
  expect(basis).toMatchObject({ until: 23, oldest: 1 });
});

test("an answer that depends on a list is marked while that list is unreadable", async () => {
  const { store, basis } = await known();
  basis.noteKind("unit");
  store.tables.room.listFailure = { at: 4, error: lost };
  expect(basis.hasFailingList).toBe(false);
  store.tables.unit.listFailure = { at: 4, error: lost };
  expect(basis.hasFailingList).toBe(true);
});
