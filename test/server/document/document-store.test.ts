import { parse } from "graphql";
import { expect, test } from "vitest";
import { DocumentStore } from "../../../src/server/document/document-store.ts";

const plain = "{ hello }";
const commented = `{ hello }${"#\n".repeat(1_000)}`;

test("the most recently used documents are kept, as long as their memory fits", async () => {
  const store = new DocumentStore(1_200_000);
  for (const name of ["a", "b", "c"]) await store.set(name, parse(name === "a" ? plain : commented));
  expect(await store.get("a")).toMatchObject({ kind: "Document" });
  await store.set("d", parse(commented));
  const kept = await Promise.all(["a", "b", "c", "d"].map((name) => store.get(name)));
  expect(kept.map((document) => document !== undefined)).toEqual([true, false, true, true]);
  await store.delete("d");
  expect(await store.get("d")).toBeUndefined();
});

test("a document that is larger than the whole store is not kept, and evicts no other", async () => {
  const store = new DocumentStore(100_000);
  await store.set("a", parse(plain));
  await store.set("b", parse(commented));
  expect(await store.get("a")).toBeDefined();
  expect(await store.get("b")).toBeUndefined();
});
