import { describe, expect, test } from "vitest";
import { DETAIL, type Kind, NEVER } from "../../../src/catalog/index.ts";
import { invalidate, invalidateAll, type WriteEffects } from "../../../src/catalog/store/invalidate.ts";
import { createStore } from "../../../src/catalog/store/store.ts";

const COUNT = 20;
const kinds = ["building", "unit", "room", "client", "tenantContract"] as const;

/**
 * `COUNT` records of each kind, all known: building 1, unit 101, its room 201, a contract on it 401 of client 301, ...
 */
async function known() {
  let now = 0;
  const store = createStore();
  const detail = (kind: Kind, id: number, values: object, at = ++now) =>
    store.applyDetail(kind, { record: { id, ...values } }, at);
  const list = (kind: Kind, ids: readonly number[], at = ++now) =>
    store.applyList(kind, { items: ids.map((id) => ({ record: { id } })), malformed: 0 }, at);
  const write = (written: WriteEffects) => invalidate(store, written, ++now);
  const numbers = Array.from({ length: COUNT }, (_, index) => index + 1);
  for (const [index, kind] of kinds.entries())
    await list(
      kind,
      numbers.map((number) => index * 100 + number),
    );
  await list("ownerContract", []);
  for (const number of numbers) {
    detail("building", number, {});
    detail("unit", 100 + number, unit(number));
    detail("room", 200 + number, room(100 + number, number));
    detail("client", 300 + number, {});
    detail("tenantContract", 400 + number, contract(200 + number, 300 + number));
  }
  return {
    store,
    detail,
    list,
    write,
    skip: () => ++now,
    /** The keys of the records whose details a write has invalidated. */
    invalidated: () =>
      kinds.flatMap((kind) =>
        store.tables[kind].listed.filter((cached) => cached.asOf(DETAIL) === NEVER).map(({ key }) => key),
      ),
  };
}

const unit = (building: number) => ({ building: { id: building, name: null } });
const room = (parentUnit: number, building: number) => ({
  parentUnit: { id: parentUnit, name: null },
  building: { id: building, name: null },
});
const contract = (unitId: number, clientId: number) => ({
  unitUsage: { unitId, clientId, isArchived: false },
});

const lease = (id: number, rentalObject: number, client: number): WriteEffects => ({
  kind: "tenantContract",
  verb: "create",
  id,
  parents: { rentalObject, client },
});
const all = (type: string, from: number) =>
  Array.from({ length: COUNT }, (_, index) => `${type}:${from + COUNT - index}`);

describe("several writes without a read in between invalidate only the records that they affect", () => {
  const cases: readonly (readonly [
    title: string,
    writes: readonly WriteEffects[],
    invalidated: readonly string[],
  ])[] = [
    [
      "two contracts on one room",
      [lease(451, 201, 302), lease(452, 201, 303)],
      ["Unit:101", "Room:201", "Client:303", "Client:302"],
    ],
    [
      "a contract and a change of it",
      [lease(451, 201, 302), { kind: "tenantContract", verb: "update", id: 451, parents: {} }],
      ["Unit:101", "Room:201", "Client:302"],
    ],
    [
      "two changes of a contract that leave it where it is",
      [1, 2].map(() => ({
        kind: "tenantContract",
        verb: "update",
        id: 401,
        parents: { rentalObject: 201, client: 301 },
      })),
      ["Unit:101", "Room:201", "Client:301", "TenantContract:401"],
    ],
    [
      "two archivings",
      [101, 102].map((id) => ({ kind: "unit", verb: "archive", id })),
      [
        ["Building:2", "Building:1", "Unit:102", "Unit:101", "Room:202", "Room:201"],
        ["Client:302", "Client:301", "TenantContract:402", "TenantContract:401"],
      ].flat(),
    ],
    [
      "a new unit, a new room of it, a contract on that, and the unit's archiving",
      [
        { kind: "unit", verb: "create", id: 151, parents: { building: 3 } },
        { kind: "room", verb: "create", id: 251, parents: { parentUnit: 151 } },
        lease(451, 251, 302),
        { kind: "unit", verb: "archive", id: 151 },
      ],
      ["Building:3", "Client:302"],
    ],
    [
      "a new unit and a contract on it",
      [{ kind: "unit", verb: "create", id: 151, parents: { building: 3 } }, lease(451, 151, 302)],
      ["Building:3", "Client:302"],
    ],
    [
      "a block of a unit and a contract on a room of it",
      [
        { kind: "unit", verb: "block", id: 101 },
        { kind: "unit", verb: "unblock", id: 101 },
        lease(451, 201, 302),
      ],
      ["Unit:101", "Room:201", "Client:302"],
    ],
  ];
  test.each(cases)("%s", async (_, writes, expected) => {
    const { write, invalidated } = await known();
    for (const one of writes) write(one);
    expect(invalidated()).toEqual(expected);
  });
});

describe("the relations of a record", () => {
  const move = (parents: Readonly<Record<string, number>>): WriteEffects => ({
    kind: "tenantContract",
    verb: "update",
    id: 401,
    parents,
  });
  const archive: WriteEffects = { kind: "unit", verb: "archive", id: 101 };
  const clients = (keys: readonly string[]) => keys.filter((key) => key.startsWith("Client"));

  test("are unknown after a write that may have changed them, until the record is read and listed again", async () => {
    const { write, invalidated, detail, list, skip } = await known();
    const before = skip();
    write(move({ client: 305 }));
    detail("tenantContract", 401, contract(201, 301), before);
    expect(clients(invalidated())).toEqual(["Client:305", "Client:301"]);
    detail("tenantContract", 401, contract(201, 305));
    await list("tenantContract", [401]);
    for (const id of [301, 305]) detail("client", id, {});
    write(archive);
    expect(clients(invalidated())).toEqual(["Client:305"]);
  });

  test("may lead to any record while they are unknown", async () => {
    const { write, invalidated, detail, skip } = await known();
    const before = skip();
    write(move({ client: 305 }));
    detail("tenantContract", 401, contract(201, 301), before);
    write(archive);
    expect(clients(invalidated())).toEqual(all("Client", 300));
  });

  test("may lead to any record while they are unknown, even if no list names the record yet", async () => {
    const { write, invalidated, store } = await known();
    write(lease(451, 201, 302));
    write({ kind: "tenantContract", verb: "update", id: 451, parents: { client: 303 } });
    expect(store.getOrCreate("tenantContract", 451).hasUnknownRelations).toBe(true);
    write(archive);
    expect(clients(invalidated())).toEqual(all("Client", 300));
  });

  test("are not taken from a read that was sent before a write confirmed them", async () => {
    const { write, invalidated, detail, skip } = await known();
    const before = skip();
    write(move({ rentalObject: 201, client: 301 }));
    detail("tenantContract", 401, contract(201, 309), before);
    write(archive);
    expect(clients(invalidated())).toEqual(["Client:301"]);
  });

  test("change with the unit that a room is in: when the unit moves, so does the room", async () => {
    const { write, invalidated, detail, skip, store } = await known();
    write({ kind: "unit", verb: "update", id: 101, parents: { building: 2 } });
    write({ kind: "room", verb: "create", id: 251, parents: { parentUnit: 101 } });
    expect(store.getOrCreate("room", 251).hasUnknownRelations).toBe(true);
    const asked = skip();
    write({ kind: "building", verb: "update", id: 2 });
    // The request was sent before the building was renamed.
    detail("room", 201, room(101, 2), asked);
    expect(invalidated()).toContain("Room:201");
    detail("room", 201, room(101, 2));
    expect(store.getOrCreate("room", 201).asOf(DETAIL)).not.toBe(NEVER);
    write({ kind: "building", verb: "update", id: 2 });
    expect(invalidated()).toContain("Room:201");
  });

  test("of a create without an id are unknown until a list names the record and it is read", async () => {
    const { write, invalidated, detail, list } = await known();
    write({ kind: "tenantContract", verb: "create", parents: { rentalObject: 201, client: 302 } });
    write(archive);
    expect(clients(invalidated())).toEqual(all("Client", 300));
    for (const key of clients(invalidated())) detail("client", Number(key.slice("Client:".length)), {});
    await list("tenantContract", [401, 451]);
    detail("tenantContract", 451, contract(201, 302));
    write(archive);
    expect(clients(invalidated())).toEqual(["Client:302", "Client:301"]);
  });
});

test("unknown writes invalidate every record, list and relation", async () => {
  const { store, invalidated, skip, detail } = await known();
  const at = skip();
  invalidateAll(store, at);
  expect(invalidated()).toHaveLength(kinds.length * COUNT);
  for (const kind of kinds) {
    expect(store.tables[kind].listInvalidatedAt).toBe(at);
    expect(store.tables[kind].relationIndex.unknownAt).toBe(at);
  }
  detail("building", 1, {});
  expect(invalidated()).not.toContain("Building:1");
});
