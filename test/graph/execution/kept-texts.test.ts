import { makeExecutableSchema } from "@graphql-tools/schema";
import { parse } from "graphql";
import { expect, test } from "vitest";
import { executeQuery } from "../../../src/graph/execution/execute.ts";
import { unlimited } from "../../../src/graph/execution/execution-limits.ts";
import { linkField, sourceField } from "../../../src/graph/execution/source-resolver.ts";
import type { VersionedSource } from "../../../src/graph/kept-text/field-run.ts";
import { KeptTexts } from "../../../src/graph/kept-text/kept-texts.ts";
import { recordShown, type ShownVersion } from "../../../src/graph/kept-text/shown-versions.ts";

/** A house, or its owner: its fields are read one by one until its text is kept. */
class Item implements VersionedSource {
  readonly object = { version: 0, slot: 0 };
  fields: Record<string, unknown> = {};
  next: Item | null = null;
  reads = 0;

  constructor(slot: number, fields: Record<string, unknown>, next: Item | null = null) {
    this.object.slot = slot;
    this.change(fields);
    this.next = next;
  }

  get version() {
    return this.object.version;
  }

  change(fields: Record<string, unknown>) {
    this.fields = { ...this.fields, ...fields };
    this.object.version++;
  }

  read(name: string): unknown {
    this.reads++;
    recordShown(this.object, this.version, 1);
    const value = this.fields[name];
    if (value instanceof Error) throw value;
    return value;
  }

  show(_level: number, others: readonly ShownVersion[]) {
    return others.every(({ object, version }) => object.version === version);
  }
}

const plain = (name: string) => sourceField((item: Item) => item.read(name), 1);
const schema = makeExecutableSchema({
  typeDefs: `
    type Query { items: [Item!]! }
    type Item { name: String size: Int place: Place next: Item later: String }
    type Place { street: String }
  `,
  resolvers: {
    Query: { items: (items: Item[]) => items },
    Item: {
      name: plain("name"),
      size: plain("size"),
      place: plain("place"),
      next: linkField((item: Item) => {
        recordShown(item.object, item.version, 1);
        return item.next;
      }, 1),
      later: (item: Item) => Promise.resolve(item.read("later")),
    },
  },
});

function prepare(items: readonly Item[], text: string, texts = new KeptTexts(100_000)) {
  const document = parse(text);
  return async (variableValues = {}) => {
    for (const item of items) item.reads = 0;
    const args = { schema, document, rootValue: items, variableValues };
    const result = await executeQuery(args, unlimited, undefined, texts);
    const data = JSON.parse(String(result?.data)) as { items: unknown[] };
    return { items: data.items, errors: result?.errors?.length ?? 0, reads: items.map(({ reads }) => reads) };
  };
}

test("an object is written again only when it has changed, once its query is asked for the third time", async () => {
  const items = [new Item(0, { name: "a", size: 1 }), new Item(1, { name: "b", size: 2 })] as const;
  const ask = prepare(items, "{ items { __typename name size } }");
  expect((await ask()).reads).toEqual([2, 2]);
  expect((await ask()).reads).toEqual([2, 2]);
  const third = await ask();
  expect(third.reads).toEqual([0, 0]);
  expect(third.items).toEqual([
    { __typename: "Item", name: "a", size: 1 },
    { __typename: "Item", name: "b", size: 2 },
  ]);
  items[1].change({ name: 'b"' });
  const fourth = await ask();
  expect(fourth.reads).toEqual([0, 2]);
  expect(fourth.items[1]).toEqual({ __typename: "Item", name: 'b"', size: 2 });
});

test("an object is written again when another one has changed that its text shows", async () => {
  const owner = new Item(7, { name: "o", place: { street: "s" } });
  const items = [new Item(0, { name: "a" }, owner), new Item(1, { name: "b" })];
  const ask = prepare([...items, owner], "{ items { next { place { street } name } name } }");
  const shown = await ask();
  await ask();
  expect(await ask()).toEqual({ ...shown, reads: [0, 0, 0] });
  owner.change({ place: { street: "t" } });
  const changed = await ask();
  expect(changed.items[0]).toEqual({ next: { place: { street: "t" }, name: "o" }, name: "a" });
  expect(changed.reads).toEqual([1, 0, 3]);
});

test.each<[string, Item]>([
  ["has no place", new Item(-1, { name: "a" })],
  ["is not known", Object.assign(new Item(0, { name: "a" }), { object: { version: 0, slot: 0 } })],
  ["fails", new Item(0, { name: new Error("unreadable") })],
  ["leads to one that fails", new Item(0, { name: "a" }, new Item(1, { name: new Error("unreadable") }))],
])("what is written of an object that %s is not kept", async (_, item) => {
  const ask = prepare([item], "{ items { name next { name } } }");
  const [first] = [await ask(), await ask(), await ask()];
  const again = await ask();
  expect(again).toEqual(first);
  expect(again.reads).toEqual([1]);
});

test("fields that are pending, or that variables select, are executed each time", async () => {
  const items = [new Item(0, { name: "a", later: "l" })];
  const waiting = prepare(items, "{ items { name later size } }");
  for (let count = 0; count < 3; count++) await waiting();
  expect(await waiting()).toEqual({
    items: [{ name: "a", later: "l", size: null }],
    errors: 0,
    reads: [1],
  });
  const choosing = prepare(items, "query ($b: Boolean!) { items { name size @include(if: $b) } }");
  for (let count = 0; count < 3; count++) await choosing({ b: count % 2 === 0 });
  expect((await choosing({ b: false })).items).toEqual([{ name: "a" }]);
});

test("texts count towards the size of an answer as what they are written of", async () => {
  const owner = new Item(7, { name: "o", place: { street: "s" } });
  const items = [
    new Item(0, { name: "a" }, owner),
    new Item(1, { name: "b" }, new Item(2, { name: "c" }, owner)),
  ];
  const document = parse("{ items { next { next { name place { street } } name } name later } }");
  const texts = new KeptTexts(100_000);
  const count = async () => {
    let bytes = 0;
    const limits = {
      ...unlimited,
      addBytes(more: number) {
        bytes += more;
      },
    };
    await executeQuery({ schema, document, rootValue: items, variableValues: {} }, limits, undefined, texts);
    return bytes;
  };
  const first = await count();
  expect([await count(), await count(), await count()]).toEqual([first, first, first]);
  expect(owner.reads).toBeLessThan(10);
});

test("the texts of the place that was used longest ago make room for others", async () => {
  const items = Array.from({ length: 10 }, (_, slot) => new Item(slot, { name: "n".repeat(300) }));
  const texts = new KeptTexts(10_000);
  const asks = ["name", "a: name", "b: name"].map((field) => prepare(items, `{ items { ${field} } }`, texts));
  const count = async (ask: (typeof asks)[number]) =>
    (await ask()).reads.reduce((sum, reads) => sum + reads, 0);
  for (const ask of asks) for (let times = 0; times < 2; times++) await ask();
  expect(texts.bytes).toBeGreaterThan(3_000);
  expect(texts.bytes).toBeLessThanOrEqual(10_000);
  expect(await count(asks[2] as (typeof asks)[number])).toBe(0);
  expect(await count(asks[0] as (typeof asks)[number])).toBe(10);
  const small = prepare(items, "{ items { name } }", new KeptTexts(1_000));
  for (let times = 0; times < 3; times++) await small();
  expect((await small()).reads).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
});

test("a text with a character beyond Latin-1 counts two bytes for each", async () => {
  const bytesOf = async (name: string) => {
    const texts = new KeptTexts(10_000);
    const ask = prepare([new Item(0, { name })], "{ items { name } }", texts);
    await ask();
    await ask();
    return texts.bytes;
  };
  const [narrow, wide] = [await bytesOf("é".repeat(300)), await bytesOf("ā".repeat(300))];
  expect(narrow).toBeGreaterThan(300);
  expect(wide - narrow).toBe('{"name":""'.length + 300);
});
