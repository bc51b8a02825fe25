import { expect, test } from "vitest";
import { MAX_BYTES, openJobList } from "../../src/capabilities/jobs/job-list.ts";
import type { JobHead } from "../../src/capabilities/jobs/stored-job.ts";
import type { StoredValues } from "../../src/catalog/index.ts";

const rows = Array.from({ length: 120 }, (_, at) => ({ at }));
const headOf = (id: string, caller: string, bytes: number): JobHead => ({
  id,
  caller: { id: caller, name: caller, scopes: ["READ"], expires: null },
  document: "mutation { a }",
  dryRun: false,
  key: null,
  fingerprint: id,
  requires: [],
  total: rows.length,
  bytes,
  startedAt: 0,
  state: "RUNNING",
  reason: null,
  endedAt: null,
});

/** A store that records its reads. */
function recordingStore() {
  const kept = new Map<string, string>();
  const read: string[] = [];
  const values: StoredValues = {
    async find(name) {
      read.push(name);
      const text = kept.get(name);
      return text === undefined ? undefined : { value: JSON.parse(text), ms: 1e6 };
    },
    keep: async (name, value) => void kept.set(name, JSON.stringify(value)),
    forget: async (name) => void kept.delete(name),
  };
  return { values, read };
}

test("the jobs of one caller are limited in bytes, for which its finished ones are forgotten", async () => {
  const list = await openJobList(undefined, 1e6);
  const half = MAX_BYTES / 2;
  const first = await list.add(headOf("a", "one", half), rows);
  expect(await list.add(headOf("b", "one", half), rows)).toBeDefined();
  expect(await list.add(headOf("c", "one", 1), rows)).toBeUndefined();
  const other = await list.add(headOf("d", "other", MAX_BYTES), rows);
  expect(other).toBeDefined();
  expect(await list.add(headOf("e", "other", 1), rows)).toBeUndefined();
  await other?.end();
  await first?.end();
  expect(await list.add(headOf("f", "one", half), rows)).toBeDefined();
  expect(list.all().map(({ head }) => head.id)).toEqual(["b", "d", "f"]);
});

test("rows and their outcomes are read from the store when they are due", async () => {
  const { values, read } = recordingStore();
  const written = await (await openJobList(values, 1e6)).add(headOf("a", "one", 10), rows);
  for (const [index, state] of [
    [3, "DONE"],
    [60, "FAILED"],
  ] as const)
    await written?.note(index, { state, payload: { index }, userErrors: [], error: null });
  read.length = 0;
  const job = (await openJobList(values, 1e6)).get("a");
  expect(read.filter((name) => name.includes("rows"))).toEqual([]);
  expect([job?.left, job?.stateOf(60)]).toEqual([118, "FAILED"]);
  read.length = 0;
  expect(await job?.variablesOf(60)).toEqual({ at: 60 });
  expect(await job?.variablesOf(61)).toEqual({ at: 61 });
  expect(read).toEqual(["job:a rows 50"]);
  const shown = await job?.describe().rows(["FAILED", "DONE"], 0, 10);
  expect(shown?.map(({ number, payload, variables }) => [number, payload, variables])).toEqual([
    [4, { index: 3 }, { at: 3 }],
    [61, { index: 60 }, { at: 60 }],
  ]);
  read.length = 0;
  expect((await job?.describe().rows(null, 60, 2))?.map(({ number, state }) => [number, state])).toEqual([
    [61, "FAILED"],
    [62, "LEFT"],
  ]);
  expect(read).toEqual(["job:a rows 50", "job:a outcomes 50"]);
});
