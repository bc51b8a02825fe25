import type { FastifyReply, FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import type { Import } from "../../../src/capabilities/imports/import.ts";
import { importJobs, type Job } from "../../../src/capabilities/imports/run/import-job.ts";
import { advance } from "../../support/clock.ts";

test("a request waits 20 s for its preview, however long each check takes", async () => {
  const definition = { title: "Rents", document: "mutation Rents" } as Import;
  const job = { id: "one", state: "RUNNING", document: definition.document } as unknown as Job;
  let looks = 0;
  const execute = async () => {
    looks += 1;
    advance(looks < 30 ? 2_000 : 0);
    const data = { job: { ...job, state: looks < 30 ? "RUNNING" : "OVER" } };
    return { response: { http: { headers: new Map() }, body: { kind: "single", singleResult: { data } } } };
  };
  const jobs = importJobs(definition, execute as never, {} as FastifyRequest, {} as FastifyReply);
  expect((await jobs.wait(job)).state).toBe("RUNNING");
  expect(looks).toBeLessThanOrEqual(10);
});
