import type { GraphQLResolveInfo } from "graphql";
import { expect, test } from "vitest";
import { AlmaError } from "../../../src/alma/index.ts";
import { runIdempotent } from "../../../src/graph/mutation/run-idempotent.ts";
import { fingerprintOf } from "../../../src/graph/write/idempotency.ts";
import { start } from "../mutation/computed-impact.ts";

const info = { fieldName: "blockRoom" } as GraphQLResolveInfo;
const keyed = (idempotencyKey: string) => ({ ref: { almaId: 11 }, dryRun: false, idempotencyKey });

test("an idempotency key belongs to its caller, even if names and keys contain blanks or quotes", async () => {
  const { begin } = await start();
  const writeOf = (caller: string, key: string, id: number) =>
    runIdempotent(begin(caller), info, keyed(key), async () => ({ id, userErrors: [], isWritten: true }));
  expect(await writeOf("crm", "deal 7", 1)).toMatchObject({ id: 1 });
  expect(await writeOf("crm deal", "7", 2)).toMatchObject({ id: 2 });
  expect(await writeOf('crm","deal', "7", 3)).toMatchObject({ id: 3 });
  expect(await writeOf("crm", "deal 7", 4)).toMatchObject({ id: 1 });
});

test.each([{ idempotencyKey: "k-1" }, {}])(
  "after a failed write the operation shows fresh records, with or without a key: %o",
  async (key) => {
    const { begin, entry } = await start();
    const context = begin();
    const seen = () => context.viewOf(entry("unit", 1), 0);
    const before = seen();
    expect(seen()).toBe(before);
    const failing = runIdempotent(context, info, { dryRun: false, ...key }, async () => {
      throw new AlmaError("ALMA_UNAVAILABLE", "Alma does not answer.");
    });
    await expect(failing).rejects.toThrow("does not answer");
    expect(seen()).not.toBe(before);
  },
);

test("arguments with a number that JSON cannot represent differ from those with null", () => {
  const print = (text: string) => fingerprintOf({ items: [{ item: JSON.parse(`{ "n": ${text} }`) }] });
  expect(print("1e400")).not.toBe(print("null"));
  expect(print("1e400")).not.toBe(print("-1e400"));
  expect(print("1e400")).toBe(print("1e500"));
});
