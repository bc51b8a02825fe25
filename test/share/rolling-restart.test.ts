import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/postgres.ts";
import { addressOf, eventually, rename } from "./members.ts";
import { type SharingProcess, startProcesses } from "./processes.ts";

describeWithPostgres("processes that share a store", () => {
  test("a rolling restart of three under load fails no request and reads nothing again", async () => {
    const { alma, members, id, spawn } = await startProcesses(3, { DRAIN_DELAY: "1", LEASE: "2" });
    alma.log.clear();
    const balanced = [...members];
    const failures: unknown[] = [];
    let isOver = false;
    let count = 0;
    const load = Array.from({ length: 4 }, async (_, index) => {
      while (!isOver) {
        const member = balanced[count++ % balanced.length] as SharingProcess;
        const isWrite = count % 10 === 0;
        const answer = await member.ask(isWrite ? rename(id, `at ${count}`) : addressOf(id));
        if (!answer || answer.errors)
          failures.push(answer ?? `no answer to ${isWrite ? "a write" : "a query"} ${index}`);
        await sleep(5);
      }
    });
    for (const member of members) {
      const next = await spawn();
      await eventually(async () => (await next.ready()).code === 200);
      balanced.push(next);
      member.child.kill("SIGTERM");
      // As a load balancer that checks the readiness often enough.
      await eventually(async () => (await member.ready().catch(() => undefined))?.code !== 200);
      balanced.splice(balanced.indexOf(member), 1);
      expect(await member.exit).toBe(0);
    }
    isOver = true;
    await Promise.all(load);
    expect(count).toBeGreaterThan(50);
    expect(failures).toEqual([]);
    // A building's new address does not affect these records, nor does the day.
    const read = alma.log.entries.map(({ path }) => path).filter((path) => /contract.*\/\d+\/$/.test(path));
    expect(read).toEqual([]);
  }, 240_000);
});
