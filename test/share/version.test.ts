import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/postgres.ts";
import {
  addressOf,
  countIntents,
  eventually,
  join,
  leads,
  ready,
  rename,
  startAlma,
  startPair,
  startStore,
  type TestMember,
  terms,
} from "./members.ts";

const next = { entryFormat: "2-next" };

describeWithPostgres("processes of two versions, with two forms of entries", () => {
  test("are upgraded under load without a failure; those with the new format only forward until they are alone", async () => {
    const { postgres, alma, id, members } = await startPair({ LEASE: "2" });
    const alive: TestMember[] = [...members];
    const failures: unknown[] = [];
    let isOver = false;
    let count = 0;
    const load = Array.from({ length: 3 }, async () => {
      while (!isOver) {
        const member = alive[++count % alive.length] as TestMember;
        const isWrite = count % 5 === 0;
        const answer = await member.query(isWrite ? rename(id, `at ${count}`) : addressOf(id));
        if (answer.errors || answer.data?.updateBuilding?.userErrors.length) failures.push(answer);
        await sleep(10);
      }
    });
    const later: TestMember[] = [];
    for (const member of members) {
      const newer = await join(alma, postgres.url, { LEASE: "2" }, next);
      await eventually(() => ready(newer));
      later.push(newer);
      alive.push(newer);
      alive.splice(alive.indexOf(member), 1);
      // Each process of the old version is replaced by a new one, as long as there is one.
      if (member === members[1]) expect(later.some(terms)).toBe(false);
      await member.close();
    }
    await eventually(() => later.some(leads));
    for (const member of later) await eventually(() => ready(member));
    isOver = true;
    await Promise.all(load);
    expect(failures).toEqual([]);
    expect(members.map(terms)).toEqual([1, 1]);
  }, 120_000);
});

/** A stored value without a key, after the digest of the value and its name. */
function inClear(name: string, value: object): Buffer {
  const text = JSON.stringify(value);
  const digest = createHash("sha256").update(`${name}\0${text}`).digest().subarray(0, 16);
  return Buffer.concat([digest, Buffer.from(text)]);
}

describeWithPostgres("what an earlier version has left in the store", () => {
  test("count across versions: the lease, writes in progress, and idempotency keys", async () => {
    const alma = await startAlma({ size: 1 });
    const postgres = await startStore(alma);
    // The fingerprint is that of the request for this record.
    const id = 1008;
    expect(alma.data.buildings.get(id)).toBeDefined();
    const fingerprint = "yUepcxNdQ1BAMbB/HVB8b4JYjZT1OtYxuCBkQ1a3AC8=";
    const intent = {
      id: "5c0f3f0e-0000-4000-8000-000000000001",
      write: { kind: "building", verb: "update", id, parents: {} },
      lockKeys: [`building:${id}`],
      startedAt: 5,
      requestId: "r-1",
      forwardingId: "f-1",
    };
    await postgres.ask("INSERT INTO alma.intent VALUES ($1, $2)", [
      intent.id,
      inClear(`intent ${intent.id}`, intent),
    ]);
    const name = createHash("sha256").update('["open","k"]').digest("hex");
    const kept = { fingerprint, state: "final", answer: { userErrors: [], isWritten: true, id } };
    const until = new Date(Date.now() + 60_000);
    const key = [name, until, inClear(`idempotency ${name}`, kept)];
    await postgres.ask("INSERT INTO alma.kept VALUES ($1, $2, $3)", key);
    const member = await join(alma, postgres.url);
    await eventually(() => ready(member));
    alma.log.clear();
    const repeated = await member.query(rename(id, "by an earlier version", "k"));
    expect(repeated.data.updateBuilding.userErrors).toEqual([]);
    expect(alma.log.entries.filter(({ method }) => method === "PATCH")).toEqual([]);
    await eventually(async () => (await countIntents(postgres)) === 0);
  }, 60_000);
});
