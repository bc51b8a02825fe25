import { expect, test } from "vitest";
import {
  eventually,
  leads,
  loseLease,
  startAlma,
  startMembers,
  startStore,
  type TestMember,
} from "../share/members.ts";
import type { Answer, TestGateway } from "../support/gateway.ts";
import { postJson } from "../support/post.ts";
import { describeWithPostgres } from "../support/postgres.ts";
import { findFaults } from "./killed-job.ts";
import { jobsOf, rentRow, rents, unitsOf } from "./start.ts";

const COUNT = 80;

const jobsAt = ({ address }: TestMember) =>
  jobsOf(
    (async (query: string, variables?: object) =>
      (await postJson(`${address}/graphql`, { query, variables })) as Answer) as TestGateway["query"],
  );

describeWithPostgres("a job of several gateways over one store", () => {
  test.each(["leaves", "loses its lease"])(
    "continues where its leader %s, and no row is sent twice",
    async (what) => {
      const alma = await startAlma({ size: 0, data: unitsOf(COUNT), latency: 60 });
      const postgres = await startStore(alma);
      const { members } = await startMembers(alma, [postgres.url, postgres.url], {
        JOB_CONCURRENCY: "4",
        WRITE_SETTLING_TIME: "3",
      });
      const [first, second] = members;
      // The standby forwards it.
      const jobs = jobsAt(second);
      const rows = Array.from({ length: COUNT }, (_, index) => rentRow(index + 1, 2_001 + index));
      const { job } = await jobs.start(rents, rows, { idempotencyKey: "all" });
      await eventually(async () => (await jobs.look(job.id)).done >= 10);
      if (what === "leaves") await first.close();
      else await loseLease(postgres);
      await eventually(() => members.some(leads));
      const over = await eventually(async () => {
        const now = await jobs.look(job.id).catch(() => undefined);
        return now?.state === "OVER" ? now : undefined;
      }, 100_000);
      expect(findFaults(over.rows, alma)).toEqual({ doubled: [], lost: [], toldOtherwise: [] });
      expect(over).toMatchObject({ failed: 0, left: 0 });
      // The rows in progress when the lease was lost.
      expect(over.unknown).toBeLessThanOrEqual(4);
      expect((await jobs.start(rents, rows, { idempotencyKey: "all" })).job.id).toBe(job.id);
    },
    150_000,
  );
});
