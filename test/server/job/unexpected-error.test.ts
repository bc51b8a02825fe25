import { buildSchema } from "graphql";
import { expect, test } from "vitest";
import { readTypeDefs } from "../../../src/graph/index.ts";
import { readDocument } from "../../../src/server/gate/read-document.ts";
import { ServerJobs } from "../../../src/server/job/jobs.ts";
import { createOperationAnalyzer } from "../../../src/server/scope/operation-analysis.ts";
import type { Caller } from "../../../src/server/scope/scope.ts";
import { rentRow, rents } from "./start.ts";

const schema = buildSchema(readTypeDefs());
const caller: Caller = { id: "k", name: "k", scopes: new Set(["READ", "WRITE", "BULK"]), expires: null };

test("an unexpected error pauses a job, which then begins no row, and it can be resumed", async () => {
  const lines: string[] = [];
  const note = (_: unknown, message: string) => lines.push(message);
  let begun = 0;
  let isBroken = true;
  const jobs = new ServerJobs({
    config: { maxJobRows: 100, jobConcurrency: 2 },
    graph: { schema, storedJobs: () => undefined, placeOfItem: undefined },
    analyzer: createOperationAnalyzer(schema),
    authentication: {
      callerNow() {
        if (++begun === 3 && isBroken) throw new TypeError("broken");
        return caller;
      },
    },
    readDocument: (text: string) => readDocument(text, schema, { maxTokens: 4_000, maxAliases: 100 }),
    leadership: undefined,
    run: async () => ({
      response: {
        body: { kind: "single", singleResult: { data: { updateUnit: { _jobErrors: [] } } } },
        http: { headers: new Map() },
      },
    }),
    log: { debug: note, info: note, warn: note, error: note, fatal: note },
  } as unknown as ConstructorParameters<typeof ServerJobs>[0]);
  jobs.open();
  const rows = Array.from({ length: 20 }, (_, index) => rentRow(index + 1, 5_000));
  const job = await jobs.start({ document: rents, rows, dryRun: false } as never, caller);
  const { id } = job as { id: string };
  const look = async () => await jobs.find(id, caller);
  await expect
    .poll(look)
    .toMatchObject({ state: "PAUSED", reason: expect.stringMatching(/unexpected error.*Resume/) });
  expect(lines).toContain("unexpected error in a job");
  const before = begun;
  expect(before).toBeLessThan(6);
  isBroken = false;
  await jobs.resume(id, caller);
  await expect.poll(look).toMatchObject({ state: "OVER", done: 20, left: 0 });
  expect(begun).toBeGreaterThan(before);
});
