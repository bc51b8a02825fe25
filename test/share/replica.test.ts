import { expect, onTestFinished, test } from "vitest";
import type { Catalog, CatalogEntry } from "../../src/catalog/index.ts";
import { systemRuntime } from "../../src/share/index.ts";
import { createReplica } from "../../src/share/replication/replica.ts";
import {
  checkPostgres,
  createPostgresStore,
  createSeal,
  type Seal,
  sealEntry,
} from "../../src/store/index.ts";
import { describeWithPostgres, type Postgres, startPostgres } from "../support/postgres.ts";
import { eventually } from "./members.ts";

const key = Buffer.alloc(32, 7);
const none = { changes: [], lost: undefined, readings: null, replacesAll: false, readPeriod: undefined };

/** A leader that commits numbers under the key `k:1`, and a replica of it that records the applied entries. */
async function start(postgres: Postgres, seal: Seal, readingSeal = seal) {
  const address = { url: postgres.url, schema: "alma", timeout: 30_000 };
  const identity = { almaUrl: "http://alma", seal };
  await checkPostgres(address, identity, { warn: () => {} });
  const connect = (own: Seal) => {
    const store = createPostgresStore(address, own, "1");
    onTestFinished(() => store.close());
    return store;
  };
  const leader = connect(seal);
  const { lease, run, time } = await leader.readState("me", 1);
  await leader.take(lease, { token: "a", at: 0, run, time, keepsData: false, ownRun: run });
  const applied: CatalogEntry[] = [];
  const catalog = {
    serialized: { apply: (entry: CatalogEntry) => applied.push(entry) },
    store: { settleInSlices: async () => {} },
  } as unknown as Catalog;
  const reader = connect(readingSeal);
  const replica = createReplica(
    { store: reader, seal: readingSeal, runtime: systemRuntime },
    catalog,
    () => {},
  );
  onTestFinished(() => replica.stop());
  return {
    leader,
    reader,
    replica,
    applied,
    commit: async (seq: number, value: string | null = `{"n":${seq}}`) => {
      const entries = [sealEntry(seal, { key: "k:1", value })];
      await leader.commit({ ...none, token: "a", seq, id: String(seq), at: seq, entries });
      // As a poll returns it.
      replica.announce(seq);
    },
  };
}

describeWithPostgres("a copy of what the leader has published", () => {
  test("loads the stored entries, then applies each commit, including deletions", async () => {
    const { replica, applied, commit } = await start(await startPostgres(), createSeal(key));
    for (const seq of [1, 2]) await commit(seq);
    void replica.follow();
    await eventually(() => replica.isLoaded);
    await commit(3);
    await eventually(() => replica.seq === 3);
    await commit(4, null);
    await eventually(() => replica.seq === 4);
    expect(applied.map(({ value }) => value)).toEqual(['{"n":2}', '{"n":3}', null]);
    expect(replica.isOver).toBe(false);
  });

  test("applies the lists last, wherever they are stored", async () => {
    const seal = createSeal(key);
    const { leader, replica, applied } = await start(await startPostgres(), seal);
    const keys = ["list:unit", "record:unit:1", "members:unit", "record:unit:2", "lookup:unit:BX-1"];
    const entries = keys.map((name) => sealEntry(seal, { key: name, value: "{}" }));
    await leader.commit({
      ...none,
      token: "a",
      seq: 1,
      id: "1",
      at: 1,
      entries,
      changes: [],
      lost: undefined,
    });
    void replica.follow();
    await eventually(() => replica.isLoaded);
    const order = applied.map(({ key }) => key);
    expect(order.slice(0, 3).toSorted()).toEqual(["lookup:unit:BX-1", "record:unit:1", "record:unit:2"]);
    expect(order.slice(3).toSorted()).toEqual(["list:unit", "members:unit"]);
    await leader.commit({
      ...none,
      token: "a",
      seq: 2,
      id: "2",
      at: 2,
      entries: [sealEntry(seal, { key: "lookup:unit:BX-1", value: null })],
    });
    replica.announce(2);
    await eventually(() => replica.seq === 2);
    expect(applied.at(-1)).toEqual({ key: "lookup:unit:BX-1", value: null });
  });

  test("ends if it is too late to learn which entries were deleted", async () => {
    const postgres = await startPostgres();
    const { replica, reader, commit } = await start(postgres, createSeal(undefined));
    await commit(1);
    const entries = reader.entries.bind(reader);
    // It loads slowly: commits are added and removed meanwhile.
    reader.entries = async function* () {
      yield* entries();
      for (const seq of [2, 3, 4]) await commit(seq);
      await postgres.ask(
        "UPDATE lease SET pruned = 3, xid = (pg_current_xact_id()::text::bigint % 4294967296)",
      );
    };
    await replica.follow();
    expect([replica.isOver, replica.seq]).toEqual([true, 1]);
  });

  test("ends when the store is emptied", async () => {
    const postgres = await startPostgres();
    const { leader, replica, commit } = await start(postgres, createSeal(undefined));
    await commit(1);
    const following = replica.follow();
    await eventually(() => replica.isLoaded);
    await postgres.ask("UPDATE lease SET token = '', epoch = '', seq = 0");
    replica.check(await leader.readState("me", 2));
    await following;
    expect(replica.isOver).toBe(true);
  });

  test("shows nothing that was sealed with another key, or moved to another name", async () => {
    const postgres = await startPostgres();
    const { replica, commit } = await start(postgres, createSeal(key), createSeal(Buffer.alloc(32, 8)));
    await commit(1, '{"name":"Bauer"}');
    expect(
      String((await postgres.ask("SELECT encode(value, 'escape') AS text FROM entry"))[0].text),
    ).not.toContain("Bauer");
    await expect(replica.follow()).rejects.toThrow();
    const seal = createSeal(key);
    expect(() => createSeal(Buffer.alloc(32, 8)).checkProof(seal.proveKey())).toThrow();
    expect(seal.open("k", seal.seal("k", "text"))).toBe("text");
    expect(() => seal.open("other", seal.seal("k", "text"))).toThrow();
  });
});
