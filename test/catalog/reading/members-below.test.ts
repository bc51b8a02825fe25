import { afterEach, expect, test, vi } from "vitest";
import { type Alma, AlmaError } from "../../../src/alma/index.ts";
import { warmCatalog } from "../paper-catalog.ts";

afterEach(() => vi.useRealTimers());

/** A warm catalog over two units, two rooms in the first and one in the second. */
async function withRooms() {
  const failing = new Set<number>();
  let malformed = 0;
  const pace = { refreshRate: 20, catalogMaxAge: 300_000, listInterval: 10_000 };
  const made = await warmCatalog(pace, 2, ({ room }: Alma) => ({
    room: {
      list: async (options: object) => {
        const reading = await room.list(options as never);
        return { ...reading, value: { ...reading.value, malformed } };
      },
      get: async (ref: { id: number }, options: object) => {
        if (failing.has(ref.id)) throw new AlmaError("ALMA_BAD_ANSWER", `Room ${ref.id} failed.`);
        return room.get(ref, options as never);
      },
    },
  }));
  const { catalog, paper, pass } = made;
  for (const [id, parent] of [
    [11, 1],
    [12, 1],
    [13, 2],
  ] as const)
    paper.add("room", id, parent);
  await pass(30);
  const find = () => catalog.findMembersBelow(catalog.beginOperation("one"), "room", "parentUnit");
  const spoil = () => {
    malformed = 1;
  };
  return { ...made, failing, find, spoil };
}

test("the members of all parents are found together, and equal those of findMembers", async () => {
  const { catalog, find, stop } = await withRooms();
  const below = find();
  for (const parent of [1, 2, 3]) {
    const members = catalog.findMembers(catalog.beginOperation("one"), {
      kind: "room",
      needsDetails: true,
      referringTo: { relation: "parentUnit", parents: [parent] },
    });
    expect(members).not.toBeInstanceOf(Promise);
    expect(members).toMatchObject({ records: below?.of(parent), asOf: below?.asOf });
  }
  expect(below?.of(1).map(({ id }) => id)).toEqual([12, 11]);
  await stop();
});

test("are valid until a write or a reading changes their table", async () => {
  const { catalog, paper, find, pass, stop } = await withRooms();
  const before = find();
  expect(before?.isCurrent).toBe(true);
  catalog.noteWrite({ kind: "room", verb: "update", id: 13 });
  expect(before?.isCurrent).toBe(false);
  // Room 13 must be read again and may belong anywhere until then.
  expect(find()).toBeUndefined();
  (paper.find("room", 13) as { parent: number }).parent = 1;
  await pass(30);
  expect(
    find()
      ?.of(1)
      .map(({ id }) => id),
  ).toEqual([13, 12, 11]);
  await stop();
});

test("do not exist while records that may belong are left out", async () => {
  const { catalog, failing, find, spoil, pass, stop } = await withRooms();
  failing.add(12);
  catalog.noteWrite({ kind: "room", verb: "update", id: 12 });
  await pass(30);
  expect(find()).toBeUndefined();
  failing.clear();
  await pass(300);
  expect(find()?.of(1)).toHaveLength(2);
  spoil();
  await pass(30);
  expect(find()).toBeUndefined();
  await stop();
});

test("leave out a record that has disappeared", async () => {
  const { catalog, find, stop } = await withRooms();
  const { room } = catalog.store.tables;
  room.getOrCreate(11).markGone(catalog.clock());
  expect(
    find()
      ?.of(1)
      .map(({ id }) => id),
  ).toEqual([12]);
  await stop();
});
