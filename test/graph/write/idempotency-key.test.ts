import type { GraphQLResolveInfo } from "graphql";
import { expect, onTestFinished, test, vi } from "vitest";
import { AlmaError } from "../../../src/alma/index.ts";
import { DAY } from "../../../src/config/index.ts";
import { runIdempotent } from "../../../src/graph/mutation/run-idempotent.ts";
import { createIdempotencyStore, fingerprintOf } from "../../../src/graph/write/idempotency.ts";
import type { MutationResult } from "../../../src/graph/write/mutation-result.ts";
import { userError } from "../../../src/graph/write/user-error.ts";
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

test.each([
  ["a day", undefined, 1],
  ["as long as requested", 15 * DAY, 15],
])("an undecided key is kept in memory for %s", async (_title, keptFor, days) => {
  let now = performance.now();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  // The cache has loaded `performance` before it could be faked.
  vi.spyOn(performance, "now").mockImplementation(() => now);
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const pass = (ms: number) => {
    now += ms;
    vi.advanceTimersByTime(ms);
  };
  const runOnce = createIdempotencyStore();
  const unknown = { userErrors: [userError("OUTCOME_UNKNOWN", [], "Lost.")], isWritten: false };
  const task = vi.fn(async (_earlier?: MutationResult) => unknown);
  const run = () => runOnce("key", "print", task, { keptFor });
  await run();
  pass(days * DAY - 1_000);
  await run();
  pass(days * DAY + 1_000);
  await run();
  expect(task.mock.calls.map(([earlier]) => earlier)).toEqual([undefined, unknown, undefined]);
});
