import { buildSchema } from "graphql";
import { expect, test } from "vitest";
import { AlmaError } from "../../src/alma/index.ts";
import { createJobs } from "../../src/capabilities/jobs/jobs.ts";
import type { StoredValues } from "../../src/catalog/index.ts";
import { readDocument } from "../../src/server/gate/document-size-rule.ts";
import { createOperationAnalyzer } from "../../src/server/scope/operation-analysis.ts";
import type { Caller } from "../../src/server/scope/scope.ts";
import { allTypeDefs } from "../support/schema.ts";
import { rentRow, rents } from "./start.ts";

const schema = buildSchema(allTypeDefs());
const caller: Caller = { id: "k", name: "k", scopes: new Set(["READ", "WRITE", "BULK"]), expires: null };

/** Jobs whose third row throws an unexpected error while `isBroken`; otherwise all rows succeed. */
function brokenJobs(storedValues: () => StoredValues | undefined = () => undefined) {
  const lines: string[] = [];
  const note = (_: unknown, message: string) => lines.push(message);
  const state = { begun: 0, isBroken: true };
  const jobs = createJobs(
    {
      graph: { schema, storedValues },
      analyzer: createOperationAnalyzer(schema),
      authentication: {
        callerNow() {
          if (++state.begun === 3 && state.isBroken) throw new TypeError("broken");
          return caller;
        },
      },
      readDocument: (text: string) => readDocument(text, schema, { maxTokens: 4_000, maxAliases: 100 }),
      leadership: undefined,
      executeInternally: async () => ({
        response: {
          body: { kind: "single", singleResult: { data: { updateUnit: { _jobErrors: [] } } } },
          http: { headers: new Map() },
        },
      }),
      log: { debug: note, info: note, warn: note, error: note, fatal: note },
    } as unknown as Parameters<typeof createJobs>[0],
    { documents: new Map(), maxRows: 100 },
    2,
  );
  jobs.open();
  const begin = async () => {
    const rows = Array.from({ length: 20 }, (_, index) => rentRow(index + 1, 5_000));
    const job = await jobs.start({ document: rents, rows, dryRun: false } as never, caller);
    const { id } = job as { id: string };
    return { id, look: async () => await jobs.find(id, caller) };
  };
  return { jobs, begin, lines, state };
}

test("an unexpected error pauses a job, which starts no more rows and can be resumed", async () => {
  const { jobs, begin, lines, state } = brokenJobs();
  const { id, look } = await begin();
  await expect
    .poll(look)
    .toMatchObject({ state: "PAUSED", reason: expect.stringMatching(/unexpected error.*Resume/) });
  expect(lines).toContain("unexpected error in a job");
  const before = state.begun;
  expect(before).toBeLessThan(6);
  state.isBroken = false;
  await jobs.resume(id, caller);
  await expect.poll(look).toMatchObject({ state: "OVER", done: 20, left: 0 });
  expect(state.begun).toBeGreaterThan(before);
});

test("a pause that the store refuses is stored as soon as possible", async () => {
  let [refused, isRefusing] = [0, false];
  const { jobs, begin, lines, state } = brokenJobs(() => ({
    find: async () => undefined,
    async keep(_name, value) {
      if ((value as { state?: string }).state !== "PAUSED" || !isRefusing) return;
      refused++;
      throw new AlmaError("ALMA_UNAVAILABLE", "The store does not answer.");
    },
    forget: async () => {},
  }));
  isRefusing = true;
  const { look } = await begin();
  await expect.poll(() => refused, { timeout: 30_000 }).toBeGreaterThan(1);
  expect(await look()).toMatchObject({ state: "RUNNING" });
  isRefusing = false;
  await expect.poll(look, { timeout: 30_000 }).toMatchObject({ state: "PAUSED" });
  expect(lines).toContain("job paused");
  [refused, isRefusing, state.begun] = [0, true, 0];
  await begin();
  await expect.poll(() => refused, { timeout: 30_000 }).toBeGreaterThan(0);
  await jobs.close();
});
