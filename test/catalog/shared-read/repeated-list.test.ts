import { expect, test } from "vitest";
import { monotonicClock } from "../../../src/alma/index.ts";
import { allEntries, createEntryReader } from "../../../src/catalog/entry/entry.ts";
import { EXISTS, SUMMARY } from "../../../src/catalog/index.ts";
import { createReader } from "../../../src/catalog/shared-read/reader.ts";
import { createStore } from "../../../src/catalog/store/store.ts";
import { type Answer, client, fakeAlma } from "../../alma/fake.ts";

interface Entry {
  readonly id: number;
  readonly name: string;
  readonly header: string;
  readonly external_id: string | null;
  readonly status: string;
  /** Undocumented: each entry that is decoded is told of. */
  readonly extra: number;
}
const entry = (id: number, name = `n${id}`): Entry => ({
  id,
  name,
  header: "",
  external_id: null,
  status: "available",
  extra: 1,
});

/** A catalog's reader over real HTTP. `answer` is what Alma answers; `decoded` counts the entries that are looked at. */
async function reading(first: Answer) {
  const state = { answer: first, decoded: 0, onRequest: () => {} };
  const alma = await fakeAlma((_, response) => {
    state.onRequest();
    const [status, body, headers] = state.answer;
    if (!Buffer.isBuffer(body)) return state.answer;
    response.writeHead(status, headers).end(body);
    return undefined;
  });
  const clock = monotonicClock();
  const store = createStore();
  const noteField = ({ field }: { field: string }) => {
    if (field === "extra") state.decoded++;
  };
  const reader = createReader(
    client(alma.url, { clock, retries: 0, onUndocumentedField: noteField }),
    store,
    clock,
  );
  const { unit } = store.tables;
  /** Reads the list anew, and returns how many entries were decoded for that. */
  const read = async () => {
    const [now, before] = [clock(), state.decoded];
    await reader.readList("unit", now, now, { priority: "caller" });
    return state.decoded - before;
  };
  const names = () => unit.listed.map(({ id, value }) => `${id} ${value.name}`);
  return { state, alma, store, unit, clock, read, names };
}

const entries = [entry(3), entry(2), entry(1)];

test("a list with the same bytes makes its records younger without being decoded", async () => {
  const { unit, clock, read, names } = await reading([200, entries]);
  expect(await read()).toBe(3);
  const now = clock();
  const { version } = unit.listed[0] ?? {};
  expect(await read()).toBe(0);
  expect(names()).toEqual(["3 n3", "2 n2", "1 n1"]);
  expect(unit.listAt).toBeGreaterThan(now);
  for (const cached of unit.listed)
    expect([cached.asOf(EXISTS), cached.asOf(SUMMARY)]).toEqual([unit.listAt, unit.listAt]);
  expect(unit.listed[0]?.version).toBe(version);
});

test.each([
  ["a name", [entry(3), entry(2, "m2"), entry(1)], ["3 n3", "2 m2", "1 n1"]],
  ["the order", [entry(2), entry(3), entry(1)], ["3 n3", "2 n2", "1 n1"]],
  ["a record more", [entry(4), ...entries], ["4 n4", "3 n3", "2 n2", "1 n1"]],
  ["a record less", [entry(3), entry(1)], ["3 n3", "1 n1"]],
  ["a second entry of a record", [...entries, entry(3, "m3")], ["3 n3", "2 n2", "1 n1"]],
  ["none", [], []],
])(
  "a list with %s that differs is read, and so is the one before when it comes back",
  async (_, other, expected) => {
    const { state, read, names } = await reading([200, entries]);
    await read();
    const known = names();
    for (const _ of [1, 2]) {
      state.answer = [200, other];
      expect(await read()).toBe(other.length);
      expect(await read()).toBe(0);
      expect(names()).toEqual(expected);
      state.answer = [200, entries];
      expect(await read()).toBe(3);
      expect(await read()).toBe(0);
      expect(names()).toEqual(known);
    }
  },
);

test("the same bytes in another charset are another list", async () => {
  const bytes = Buffer.from(JSON.stringify([entry(1, "~")]));
  bytes[bytes.indexOf("~")] = 0xd4;
  const { state, read, names } = await reading([200, []]);
  const inCharset = (charset: string): Answer => [
    200,
    bytes,
    { "content-type": `application/json; charset=${charset}` },
  ];
  for (const [charset, name] of [
    ["windows-1251", "Ф"],
    ["koi8-r", "т"],
  ] as const) {
    state.answer = inCharset(charset);
    expect(await read()).toBe(1);
    expect(names()).toEqual([`1 ${name}`]);
    expect(await read()).toBe(0);
    expect(names()).toEqual([`1 ${name}`]);
  }
});

test.each<[string, Answer]>([
  ["a refusal", [403, { detail: "no" }]],
  ["a failure", [500, entries]],
  ["a missing path", [404, entries]],
  ["a page of HTML", [200, "<html></html>"]],
  ["a page of a list", [200, { count: 5, next: "http://x/?page=2", results: entries }]],
  ["a list that breaks off", [200, JSON.stringify(entries).slice(0, -1)]],
])("%s is no list, however often it comes, and the list before it stays known", async (_, failure) => {
  const { state, unit, read, names } = await reading([200, entries]);
  state.answer = failure;
  for (const _ of [1, 2]) {
    expect(await read()).toBe(0);
    expect(unit.listFailure).toBeDefined();
    expect(unit.listFingerprint).toBeUndefined();
  }
  state.answer = [200, entries];
  expect(await read()).toBe(3);
  state.answer = failure;
  for (const _ of [1, 2]) {
    await read();
    expect(unit.listFailure).toBeDefined();
  }
  state.answer = [200, entries];
  expect(await read()).toBe(0);
  expect(unit.listFailure).toBeUndefined();
  expect(names()).toEqual(["3 n3", "2 n2", "1 n1"]);
});

test("a list that was decoded with malformed entries keeps their number", async () => {
  const { unit, read } = await reading([200, [...entries, { name: "no id" }]]);
  await read();
  expect(await read()).toBe(0);
  expect(unit.malformedEntries).toBe(1);
});

/** The entries of another process that has read a list with other names, and the same records or none. */
async function fromElsewhere(at: number, ids: readonly number[]) {
  const origin = createStore();
  const items = ids.map((id) => ({ record: { id, name: "elsewhere" }, fieldErrors: undefined }));
  await origin.applyList("unit", { items, malformed: 2 }, at);
  return [...allEntries(origin, at + 0.5)];
}

test.each([
  ["records", (key: string) => key.startsWith("record:")],
  ["a list", (key: string) => key.endsWith(":unit")],
  ["all", () => true],
])("after %s from another process, a list is read as a whole", async (_, isTaken) => {
  for (const ids of [[3, 2, 1], [7]]) {
    const { store, unit, clock, read, names } = await reading([200, entries]);
    await read();
    expect(await read()).toBe(0);
    const other = createEntryReader(store);
    for (const one of await fromElsewhere(clock(), ids)) if (isTaken(one.key)) other.apply(one);
    expect(await read()).toBe(3);
    expect(names()).toEqual(["3 n3", "2 n2", "1 n1"]);
    expect(unit.malformedEntries).toBe(0);
    expect(await read()).toBe(0);
  }
});

test("a list that is known when it is asked for and replaced before it is answered is asked for again", async () => {
  const { state, alma, store, clock, read, names } = await reading([200, entries]);
  await read();
  const elsewhere = await fromElsewhere(clock(), [7]);
  const other = createEntryReader(store);
  state.onRequest = () => {
    for (const one of elsewhere.splice(0)) other.apply(one);
  };
  expect(await read()).toBe(3);
  expect(alma.seen).toHaveLength(3);
  expect(names()).toEqual(["3 n3", "2 n2", "1 n1"]);
});
