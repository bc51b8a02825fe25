import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  checkPostgres,
  createPostgresStore,
  createSeal,
  type NewCommit,
  type ObservedState,
  type PostgresAddress,
  type SharedStore,
  type StoredEntry,
  StoreUnreachableError,
  sealEntry,
} from "../../../src/store/index.ts";
import { certificate, privateKey } from "../../support/certificate.ts";
import { skipWaiting } from "../../support/clock.ts";
import { describeWithPostgres, type Postgres, postgresUser, startPostgres } from "../../support/postgres.ts";

/** Longer than any answer takes on a busy machine, in milliseconds. The clock advances if a store does not answer. */
const timeout = 60_000;

const identity = { almaUrl: "http://alma", seal: createSeal(undefined) };
const quiet = { warn: () => {} };

function open({ url }: Postgres, options: Partial<PostgresAddress> = {}, format = "1"): SharedStore {
  const store = createPostgresStore({ url, schema: "alma", timeout, ...options }, identity.seal, format);
  onTestFinished(() => store.close());
  return store;
}

async function connect(postgres: Postgres): Promise<SharedStore> {
  await checkPostgres({ url: postgres.url, schema: "alma", timeout }, identity, quiet);
  return open(postgres);
}

/** A commit without changes. */
const commitTo = (
  store: SharedStore,
  commit: Omit<NewCommit, "changes" | "lost" | "readings" | "replacesAll" | "readPeriod">,
) =>
  store.commit({
    ...{ changes: [], lost: undefined, readings: null, replacesAll: false, readPeriod: undefined },
    ...commit,
  });

/** An entry's stored value; its content does not matter. */
function entry(key: string, value: string | null): StoredEntry {
  const { shown: _, ...stored } = sealEntry(identity.seal, { key, value });
  return stored;
}

const bytes = (text: string) => Buffer.from(text);

const take = (store: SharedStore, token: string, { lease, run, time }: ObservedState, keepsData = true) =>
  store.take(lease, { token, at: 5, run, time, keepsData, ownRun: run });

async function lead(store: SharedStore, token: string) {
  const look = await store.readState("me", 1);
  return { look, end: await take(store, token, look, look.lease !== undefined) };
}

const renewal = (token: string, run: string) => ({
  token,
  run,
  at: 9,
  time: 7,
  echo: { me: 1 },
  address: "http://x",
  isWarm: true,
});

async function allOf(store: SharedStore) {
  const stored = [];
  for await (const page of store.entries()) stored.push(...page);
  return stored;
}

describeWithPostgres("a store in PostgreSQL", () => {
  test("has a term for each state of the lease", async () => {
    const store = await connect(await startPostgres());
    const { look, end } = await lead(store, "a");
    expect(look).toMatchObject({ lease: undefined, hasLost: false });
    expect(end).toEqual({ seq: 0, at: Number.NEGATIVE_INFINITY, epoch: "a" });
    expect(await take(store, "b", look)).toBeUndefined();
    const seen = await store.readState("me", 2);
    expect(seen.lease).toMatchObject({ token: "a", beat: 1, at: 5, address: "", run: look.run, free: "" });
    const state = { run: look.run, hasLost: false, time: expect.closeTo(Date.now(), -4) };
    expect(await store.renew(renewal("a", look.run))).toEqual({ ...state, nonces: { me: 2 } });
    // The data seen before the renewal has disappeared.
    expect(await take(store, "b", seen)).toBeUndefined();
    const after = await store.readState("me", 3);
    expect(after.lease).toMatchObject({ beat: 2, at: 9, time: 7, address: "http://x", echo: { me: 1 } });
    expect(await take(store, "b", { ...after, run: "another" })).toBeUndefined();
    expect(await take(store, "b", after)).toBeDefined();
    expect(await store.renew(renewal("a", look.run))).toBeUndefined();
  });

  test("changes nothing in a term that has ended", async () => {
    const store = await connect(await startPostgres());
    await lead(store, "a");
    const commit = { seq: 1, id: "1", at: 6, entries: [entry("k", "1")] };
    expect(await commitTo(store, { ...commit, token: "a" })).toEqual({ seq: 1, id: "1" });
    await lead(store, "b");
    expect(await commitTo(store, { ...commit, token: "a", seq: 2, id: "2" })).toBeUndefined();
    expect(await store.beginIntent("a", "i", bytes("x"), [])).toBe(false);
    expect(await store.endIntents("a", ["i"])).toBe(false);
    expect(await store.storeValue("a", { name: "n", ms: 1000, value: bytes("v") })).toBe(false);
    expect(await store.catchUp("a")).toBe(false);
    await store.free({ token: "a", at: 7, time: 7 });
    expect((await store.readState("me", 2)).lease?.free).toBe("");
    expect(await store.intents()).toEqual([]);
    expect(await store.findValue("n")).toBeUndefined();
    expect(await store.logEnd()).toMatchObject({ seq: 1, at: 6 });
  });

  test("numbers commits without gaps, and recognizes one whose answer was lost", async () => {
    const store = await connect(await startPostgres());
    await lead(store, "a");
    const entries = [entry("k", "1"), entry("old", null)];
    const first = { token: "a", seq: 1, id: "1", at: 6, entries: [entry("old", "0")] };
    expect(await commitTo(store, first)).toEqual({ seq: 1, id: "1" });
    const second = { token: "a", seq: 2, id: "2", at: 6, entries };
    expect(await commitTo(store, second)).toEqual({ seq: 2, id: "2" });
    expect(await commitTo(store, second)).toEqual({ seq: 2, id: "2" });
    expect(await commitTo(store, { ...second, seq: 4, id: "4" })).toEqual({ seq: 2, id: "2" });
    expect(await allOf(store)).toEqual([[identity.seal.digest("k"), "k", "1"]]);
    const { run } = await store.logEnd();
    expect(await store.follow(1)).toEqual({ run, seq: 2, epoch: "a", prunedTo: 0, entries, readings: [] });
    expect(await store.follow(2)).toEqual({
      run,
      seq: 2,
      epoch: "a",
      prunedTo: 0,
      entries: [],
      readings: [],
    });
  });

  test("reports complete commits, some at a time, and eventually deletes notes about deleted entries", async () => {
    const postgres = await startPostgres();
    const store = await connect(postgres);
    await lead(store, "a");
    const commit = (seq: number, key: string, value: string | null) =>
      commitTo(store, { token: "a", seq, id: String(seq), at: seq, entries: [entry(key, value)] });
    await commit(1, "gone", null);
    for (let seq = 2; seq <= 100; seq++) await commit(seq, `k${seq}`, "v");
    const tail = await store.follow(0);
    expect([tail.seq, tail.entries.length]).toEqual([64, 64]);
    expect((await store.follow(64)).entries).toHaveLength(36);
    await postgres.ask(
      "UPDATE lease SET seq = 19999, xid = (pg_current_xact_id()::text::bigint % 4294967296)",
    );
    await commit(20_000, "k", "v");
    expect(await store.follow(19_999)).toMatchObject({ seq: 20_000, prunedTo: 10_000 });
    expect(await postgres.ask("SELECT key FROM entry WHERE value IS NULL")).toEqual([]);
  });

  test("deletes possibly incomplete data when a term begins, and shows nothing to a process with another format", async () => {
    const postgres = await startPostgres();
    const store = await connect(postgres);
    await lead(store, "a");
    await commitTo(store, { token: "a", seq: 1, id: "1", at: 6, entries: [entry("k", "1")] });
    const other = open(postgres, {}, "2");
    expect(await allOf(other)).toEqual([]);
    expect(await other.follow(0)).toMatchObject({ seq: 0, epoch: "", entries: [] });
    expect((await other.readState("other", 1)).log.epoch).toBe("");
    expect(await take(store, "b", await store.readState("me", 2), false)).toEqual({
      seq: 1,
      at: 6,
      epoch: "b",
    });
    expect(await allOf(store)).toEqual([]);
  });

  test("stores intents, and values for a limited time", async () => {
    const store = await connect(await startPostgres());
    await lead(store, "a");
    const kept = [
      { name: "n", value: bytes("v"), ms: 60_000 },
      { name: "short", value: bytes("v"), ms: 0 },
    ];
    expect(await store.beginIntent("a", "i", bytes("x"), kept)).toBe(true);
    expect(await store.beginIntent("a", "i", bytes("y"), [])).toBe(true);
    expect(await store.intents()).toEqual([["i", bytes("y")]]);
    expect(await store.findValue("n")).toEqual({ name: "n", value: bytes("v"), ms: 60_000 });
    expect(await store.findValue("short")).toBeUndefined();
    expect(await store.storeValue("a", { name: "n", value: bytes("w"), ms: 60_000 })).toBe(true);
    expect(await store.findValue("n")).toMatchObject({ value: bytes("w") });
    expect(await store.deleteValue("a", "n")).toBe(true);
    expect(await store.findValue("n")).toBeUndefined();
    expect(await store.endIntents("a", ["i"])).toBe(true);
    expect(await store.intents()).toEqual([]);
  });

  test("counts the time for which leases were held, and expires values only by that", async () => {
    const postgres = await startPostgres();
    const store = await connect(postgres);
    const { look } = await lead(store, "a");
    let now = 1_000_000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const renew = (token: string) => store.renew(renewal(token, look.run));
    await renew("a");
    await store.storeValue("a", { name: "n", ms: 60_000, value: bytes("v") });
    now += 30_000;
    await renew("a");
    expect(await store.findValue("n")).toMatchObject({ ms: 30_000 });
    // Time without a leader does not count, however long.
    now += 86_400_000;
    await lead(store, "b");
    await renew("b");
    expect(await store.findValue("n")).toMatchObject({ ms: 30_000 });
    now += 30_001;
    await renew("b");
    expect(await store.findValue("n")).toBeUndefined();
    expect(await postgres.ask("SELECT name FROM kept")).toHaveLength(1);
    for (let seq = 1; seq <= 1000; seq++)
      await commitTo(store, { token: "b", seq, id: `${seq}`, at: seq, entries: [] });
    expect(await postgres.ask("SELECT name FROM kept")).toEqual([]);
  });

  test("that lacks data seen by a process reports it to that process, until its leader restores the data", async () => {
    const postgres = await startPostgres();
    const [leader, standby] = [await connect(postgres), open(postgres)];
    const { look } = await lead(leader, "a");
    await leader.beginIntent("a", "i", bytes("x"), []);
    expect(await standby.readState("s", 1)).toMatchObject({ hasLost: false, run: look.run });
    await postgres.ask(
      "UPDATE lease SET step = step - 1, xid = (pg_current_xact_id()::text::bigint % 4294967296)",
    );
    expect(await standby.readState("s", 2)).toMatchObject({ hasLost: true, run: look.run });
    expect(await open(postgres).readState("new", 1)).toMatchObject({ hasLost: false });
    // It is also detected if other steps come first.
    for (const id of ["j", "k", "l"]) await leader.beginIntent("a", id, bytes("x"), []);
    expect(await leader.renew(renewal("a", look.run))).toMatchObject({ hasLost: true });
    await leader.catchUp("a");
    for (const store of [leader, standby])
      expect(await store.readState("s", 3)).toMatchObject({ hasLost: false, run: look.run });
    // A row whose writing transaction differs from the one it names comes from a dump.
    await postgres.ask("UPDATE lease SET epoch = epoch");
    expect((await standby.readState("s", 4)).run).toBe(`${look.run}-restored`);
  });

  test("is not reported as incomplete while a transaction of its leader is being committed", async () => {
    const postgres = await startPostgres();
    const store = await connect(postgres);
    const { look } = await lead(store, "a");
    await postgres.ask(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON "commit" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()`);
    let isBegun = false;
    const begun = store.beginChanges("a", "term").then(() => {
      isBegun = true;
    });
    let renewals = 0;
    for (; !isBegun; renewals++)
      expect(await store.renew(renewal("a", look.run))).toMatchObject({ hasLost: false });
    await begun;
    expect(renewals).toBeGreaterThan(1);
    expect(await store.renew(renewal("a", look.run))).toMatchObject({ hasLost: false });
  });

  test("that does not answer in time is abandoned, and found again by a later step", async () => {
    const postgres = await startPostgres();
    const store = await connect(postgres);
    const { look } = await lead(store, "a");
    postgres.signal("SIGSTOP");
    await expect(skipWaiting(store.readState("me", 2))).rejects.toThrow(StoreUnreachableError);
    await expect(skipWaiting(store.logEnd())).rejects.toThrow(StoreUnreachableError);
    postgres.signal("SIGCONT");
    expect((await store.readState("me", 3)).run).toBe(look.run);
    await postgres.restart();
    // The open connection detects it with the first step.
    const after = await store.readState("me", 4).catch(() => store.readState("me", 5));
    expect(after).toMatchObject({ run: look.run, hasLost: false, lease: { token: "a" } });
  });

  test("that waits for another's transaction rejects in time, and continues afterwards", async () => {
    const postgres = await startPostgres();
    const store = await connect(postgres);
    await lead(store, "a");
    const quick = open(postgres, { timeout: 400 });
    const held = postgres.ask("BEGIN; UPDATE lease SET one = one; SELECT pg_sleep(2); ROLLBACK");
    await expect
      .poll(
        async () =>
          (
            await postgres.ask("SELECT count(*)::int AS n FROM pg_locks WHERE relation = 'lease'::regclass")
          )[0].n,
      )
      .toBeGreaterThan(0);
    await expect(quick.beginIntent("a", "i", bytes("x"), [])).rejects.toThrow(StoreUnreachableError);
    // Renewals do not wait for changes of the lease's row.
    expect(await quick.renew(renewal("a", "run"))).toBeDefined();
    await held;
    expect(await quick.beginIntent("a", "i", bytes("x"), [])).toBe(true);
  });

  test("is initialized once by processes that start together", async () => {
    const postgres = await startPostgres();
    const holder = new pg.Client(postgres.url);
    await holder.connect();
    await holder.query("SELECT pg_advisory_lock(hashtext('alma-gateway'))");
    const starts = [1, 2, 3].map(() =>
      checkPostgres({ url: postgres.url, schema: "alma", timeout }, identity, quiet),
    );
    const waiting = "SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    await expect.poll(async () => (await postgres.ask(waiting))[0].n).toBe(starts.length);
    await holder.end();
    expect(await Promise.all(starts)).toEqual([true, true, true]);
  });

  test("is reached by TLS with the certificate of a private authority, and not without it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "alma-tls-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const [name, text] of Object.entries({ "cert.pem": certificate, "key.pem": privateKey }))
      writeFileSync(join(folder, name), text, { mode: 0o600 });
    execFileSync("chown", ["-R", postgresUser, folder]);
    const files = [`ssl_cert_file=${join(folder, "cert.pem")}`, `ssl_key_file=${join(folder, "key.pem")}`];
    const postgres = await startPostgres("ssl=on", ...files);
    await connect(postgres);
    const tls = { ...postgres, url: `${postgres.url}?sslmode=verify-full` };
    expect((await open(tls, { ca: certificate }).readState("me", 1)).lease).toBeUndefined();
    await expect(open(tls).readState("me", 1)).rejects.toThrow(/self-signed certificate/);
    const encrypted = { ...postgres, url: `${postgres.url}?sslmode=require` };
    expect((await open(encrypted).readState("me", 1)).lease).toBeUndefined();
  });
});
