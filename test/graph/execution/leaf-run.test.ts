import { makeExecutableSchema } from "@graphql-tools/schema";
import { parse } from "graphql";
import { expect, test } from "vitest";
import { executeQuery } from "../../../src/graph/execution/execution.ts";
import { sourceField, type VersionedSource } from "../../../src/graph/execution/source-resolver.ts";
import { unlimited } from "../../support/unlimited.ts";

/** A house that counts the reads of its fields. */
class Item implements VersionedSource {
  static count = 0;
  slot = Item.count++;
  fields: Readonly<Record<string, unknown>>;
  readonly owner: Item | null;
  isKnown = true;
  reads = 0;

  constructor(fields: Readonly<Record<string, unknown>>, owner: Item | null = null) {
    this.fields = fields;
    this.owner = owner;
  }

  change(fields: Readonly<Record<string, unknown>>): void {
    this.fields = { ...this.fields, ...fields };
  }

  read(name: string): unknown {
    this.reads++;
    const value = this.fields[name];
    if (value instanceof Error) throw value;
    return value;
  }

  showVersion(): object | undefined {
    return this.isKnown ? this.fields : undefined;
  }
}

const plain = (name: string) => sourceField((item: Item) => item.read(name), 1);
const schema = makeExecutableSchema({
  typeDefs: `
    type Query { items: [Item]! }
    type Item { name: String size: Int! later: String owner: Item place: Place }
    type Place { street: String }
  `,
  resolvers: {
    Query: { items: (items: Item[]) => items },
    Item: {
      name: plain("name"),
      size: plain("size"),
      later: plain("later"),
      owner: (item: Item) => item.owner,
      place: plain("place"),
    },
  },
});

/** Asks one document repeatedly: returns the answer and the number of field reads. */
function prepare(items: readonly Item[], text: string) {
  const document = parse(text);
  return async (variableValues = {}) => {
    for (const item of items) item.reads = 0;
    let bytes = 0;
    const limits = {
      ...unlimited,
      addBytes(more: number) {
        bytes += more;
      },
    };
    const result = await executeQuery({ schema, document, rootValue: items, variableValues }, limits);
    const { items: found } = JSON.parse(String(result?.data)) as { items: unknown[] };
    const errors = (result?.errors ?? []).map(({ message, path }) => `${path?.join(".")}: ${message}`);
    return { found, errors, bytes, reads: items.map(({ reads }) => reads) };
  };
}

test("the leaf fields of an object are written once per version", async () => {
  const items = [new Item({ name: "a", size: 1 }), new Item({ name: 'b"', size: 2 })] as const;
  const ask = prepare(items, "{ items { __typename name size } }");
  const first = await ask();
  expect(first.reads).toEqual([2, 2]);
  expect(first.found).toEqual([
    { __typename: "Item", name: "a", size: 1 },
    { __typename: "Item", name: 'b"', size: 2 },
  ]);
  expect(await ask()).toEqual({ ...first, reads: [0, 0] });
  items[1].change({ name: null });
  const changed = await ask();
  expect(changed.reads).toEqual([0, 2]);
  expect(changed.found[1]).toEqual({ __typename: "Item", name: null, size: 2 });
});

test("each place of a document, and each document, has its own texts", async () => {
  const owner = new Item({ name: "o", size: 3 });
  const items = [new Item({ name: "a", size: 1 }, owner), owner];
  const text = "{ items { n: name owner { name s: size } size } }";
  const ask = prepare(items, text);
  const first = await ask();
  expect(first.found).toEqual([
    { n: "a", owner: { name: "o", s: 3 }, size: 1 },
    { n: "o", owner: null, size: 3 },
  ]);
  expect(await ask()).toEqual({ ...first, reads: [0, 0] });
  expect(await prepare(items, "{ items { size } }")()).toMatchObject({ found: [{ size: 1 }, { size: 3 }] });
  items[0]?.change({ size: 7 });
  expect((await ask()).found[0]).toEqual({ n: "a", owner: { name: "o", s: 3 }, size: 7 });
});

test("executes levels with unknown, pending or failing fields field by field, each time", async () => {
  const items = [
    new Item({ name: "old", size: 1 }),
    new Item({ name: "a", size: 2, later: Promise.resolve("l") }),
    new Item({ name: new Error("unreadable"), size: 3 }),
    new Item({ name: "no size", size: null }),
    new Item({ name: "large", size: 2 ** 40 }),
    new Item({ name: "plain", size: 4 }),
  ] as const;
  const ask = prepare(items, "{ items { name size later } }");
  items[0].isKnown = false;
  const first = await ask();
  expect(first.found).toEqual([
    { name: "old", size: 1, later: null },
    { name: "a", size: 2, later: "l" },
    { name: null, size: 3, later: null },
    null,
    null,
    { name: "plain", size: 4, later: null },
  ]);
  expect(first.errors.sort()).toEqual([
    "items.2.name: unreadable",
    "items.3.size: Cannot return null for non-nullable field Item.size.",
    `items.4.size: Int cannot represent non 32-bit signed integer value: ${2 ** 40}`,
  ]);
  const again = await ask();
  expect({ ...again, errors: again.errors.sort(), reads: [] }).toEqual({ ...first, reads: [] });
  expect(again.reads.map((reads) => reads > 0)).toEqual([true, true, true, true, true, false]);
});

test("fields that variables select are executed each time, as are objects in an object", async () => {
  const items = [new Item({ name: "a", size: 1, place: { street: "s" } })];
  const choosing = prepare(items, "query ($b: Boolean!) { items { name size @include(if: $b) } }");
  for (const b of [true, false, true])
    expect(await choosing({ b })).toMatchObject({
      found: [b ? { name: "a", size: 1 } : { name: "a" }],
      reads: [b ? 2 : 1],
    });
  const nested = prepare(items, "{ items { name place { street } } }");
  for (const reads of [2, 1, 1])
    expect(await nested()).toMatchObject({ found: [{ name: "a", place: { street: "s" } }], reads: [reads] });
});

test("a source that takes over the slot of another shows its own fields, as does one without a slot", async () => {
  const items = [new Item({ name: "a", size: 1 }), new Item({ name: "b", size: 2 })] as const;
  const ask = prepare(items, "{ items { name size } }");
  for (const slots of [
    [5, 6],
    [6, 5],
    [-1, 5],
    [-1, -1],
  ] as const) {
    for (const index of [0, 1] as const) items[index].slot = slots[index];
    for (let count = 0; count < 2; count++)
      expect((await ask()).found).toEqual([
        { name: "a", size: 1 },
        { name: "b", size: 2 },
      ]);
  }
});

test("when there are too many texts, they are dropped and written again", async () => {
  const items = Array.from({ length: 60 }, () => new Item({ name: "n".repeat(50_000), size: 1 }));
  const asks = ["name", "a: name", "b: name"].map((field) => prepare(items, `{ items { ${field} } }`));
  const count = async (ask: (typeof asks)[number] | undefined) =>
    (await ask?.())?.reads.reduce((sum, reads) => sum + reads, 0);
  for (const ask of asks) expect(await count(ask)).toBe(60);
  // The third one found no room beside the others and those cached earlier in this process.
  expect(await count(asks[0])).toBeGreaterThan(0);
  await count(asks[0]);
  expect(await count(asks[0])).toBe(0);
});
