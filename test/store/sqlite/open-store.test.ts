import { randomBytes } from "node:crypto";
import { appendFile, copyFile, mkdir, open, readFile, stat, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { monotonicClock } from "../../../src/alma/index.ts";
import type { WriteEffects } from "../../../src/catalog/index.ts";
import { loadConfig } from "../../../src/config/config.ts";
import { openSingleProcess } from "../../../src/share/index.ts";
import { paperCatalog } from "../../catalog/paper-catalog.ts";
import { fillDisk, storeFolder } from "./folder.ts";
import { runSql } from "./run-sql.ts";

afterEach(() => void vi.restoreAllMocks());

const KEY = randomBytes(32);
const settings = (path: string, changes: object = {}) => ({
  storeUrl: { file: path },
  storeKey: undefined,
  acceptsClearStore: false,
  almaUrl: "http://alma.example/external_api/",
  almaTimeout: 15_000,
  writeSettlingTime: 60_000,
  historyKeep: { usual: Number.POSITIVE_INFINITY, byType: new Map() },
  ...changes,
});

/** A log that records its warnings and errors. */
function logOf() {
  const warnings: string[] = [];
  const warn = (_: object, message: string) => warnings.push(message);
  return { warnings, log: { info: () => {}, debug: () => {}, warn, error: warn } as never };
}

/** Opens a store over a catalog of units with the file's contents. */
async function opened(path: string, changes: object = {}) {
  const { log, warnings } = logOf();
  const clock = monotonicClock();
  const single = openSingleProcess(settings(path, changes), log);
  if (!single) throw new Error("There is no store.");
  const scopeOf = (_: string, field: string) => (field === "name" ? "PERSONAL" : undefined);
  const { catalog } = paperCatalog({ clock, scopeOf } as never);
  const earlier: [WriteEffects, number][] = [];
  await single.begin(clock, catalog, ({ write }, sentAt) => earlier.push([write, clock() - sentAt]));
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await single.close();
    isClosed = true;
  };
  onTestFinished(close);
  const known = () => [...catalog.store.tables.unit.records].filter(({ detailAt }) => detailAt > 0).length;
  return { single, recorder: single.journal, catalog, clock, warnings, earlier, known, close };
}

type Opened = Awaited<ReturnType<typeof opened>>;

/** Reads units into the catalog. */
function readUnits({ catalog, clock }: Opened, count: number, name = "x".repeat(500)): void {
  for (let id = 1; id <= count; id++)
    catalog.store.applyDetail("unit", { record: { id, name } as never }, clock());
}

/** Leaves units in a file. */
async function leave(path: string, changes: object = {}, count = 400): Promise<void> {
  const store = await opened(path, changes);
  readUnits(store, count);
  await store.close();
}

const intent = (id: string, write: WriteEffects = { kind: "unit", verb: "update", id: 7 }) => ({
  id,
  write,
  lockKeys: ["unit u-7"],
  startedAt: 0,
  requestId: "r",
});

/** The contents that a process would find after a kill now. */
let copies = 0;
async function copyAlive(path: string): Promise<string> {
  const copy = `${path}-${++copies}`;
  for (const part of ["", "-wal"]) await copyFile(`${path}${part}`, `${copy}${part}`);
  return copy;
}

test.each([undefined, KEY])(
  "known data is available again, from files that only their owner can read (key: %o)",
  async (storeKey) => {
    const { path, files } = await storeFolder();
    await leave(path, { storeKey });
    expect((await files()).filter((file) => !/-(shm|wal)$/.test(file))).toEqual([
      "known.db",
      "known.db-lock",
    ]);
    for (const file of [path, `${path}-lock`]) expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(path, "utf8")).includes("xxxxx")).toBe(storeKey === undefined);
    const { known, warnings } = await opened(path, { storeKey });
    expect(known()).toBe(400);
    const inClear =
      "STORE_URL names a file with personal data and door codes in clear; STORE_KEY encrypts it";
    expect(warnings).toEqual(storeKey ? [] : [inClear]);
  },
);

test("with a key, the file contains no Bitrix id and no idempotency key in plain text", async () => {
  const { path } = await storeFolder();
  const store = await opened(path, { storeKey: KEY });
  const { catalog, clock, recorder } = store;
  catalog.store.lookups.unit.set("BX-SECRET", { at: clock(), id: undefined });
  await recorder.begin({ ...intent("w"), idempotency: { key: "CALLER-KEY", fingerprint: "f" } });
  await recorder.keys.keep("OTHER-KEY", { fingerprint: "f", state: "final", answer: { id: 7 } });
  await store.close();
  const bytes = await readFile(path, "latin1");
  for (const secret of ["BX-SECRET", "CALLER-KEY", "OTHER-KEY"]) expect(bytes).not.toContain(secret);
  const next = await opened(path, { storeKey: KEY });
  expect(next.catalog.store.lookups.unit.peek("BX-SECRET")).toMatchObject({ id: undefined });
});

test("ages continue by the wall clock; if it was set back, everything counts as older than any setting allows", async () => {
  const { path } = await storeFolder();
  await leave(path, {}, 1);
  const ages: number[] = [];
  const wallTime = Date.now();
  for (const later of [3_600_000, -3_600_000]) {
    vi.spyOn(Date, "now").mockReturnValue(wallTime + later);
    await copyFile(path, `${path}.copy`);
    const { catalog, clock, close } = await opened(path);
    ages.push(clock() - catalog.store.tables.unit.getOrCreate(1).detailAt);
    await close();
    await copyFile(`${path}.copy`, path);
  }
  expect(ages[0]).toBeGreaterThan(3_500_000);
  expect(ages[0]).toBeLessThan(3_700_000);
  expect(ages[1]).toBeGreaterThanOrEqual(604_800_000);
});

const flipAt = async (path: string, place: number) => {
  const bytes = await readFile(path);
  const position = place < 0 ? bytes.length + place : place;
  bytes[position] = (bytes[position] ?? 0) ^ 1;
  await writeFile(path, bytes);
};
const truncateTo = (share: number) => async (path: string) => {
  const { size } = await stat(path);
  const handle = await open(path, "r+");
  await handle.truncate(Math.floor(size * share));
  await handle.close();
};
const damages: [string, (path: string) => Promise<void>][] = [
  ["a byte of the header", (path) => flipAt(path, 5)],
  ["the page of the schema", (path) => flipAt(path, 101)],
  [
    "a byte of each value",
    async (path) =>
      writeFile(
        path,
        (await readFile(path, "latin1")).replaceAll("x".repeat(200), `y${"x".repeat(199)}`),
        "latin1",
      ),
  ],
  ["half of it", truncateTo(0.5)],
  ["all but the header", truncateTo(0.005)],
];

test.each(damages)("a file that lacks %s is refused with a sentence, and is unchanged", async (_, damage) => {
  const { path } = await storeFolder();
  await leave(path);
  await damage(path);
  const before = await readFile(path);
  await expect(opened(path)).rejects.toThrow(
    /^STORE_URL names .*known\.db, which is (damaged|not a SQLite database, or is damaged)\. Restore a backup/,
  );
  expect(await readFile(path)).toEqual(before);
});

test("with a key, a value that was changed or moved to another record is detected as damage", async () => {
  const { path } = await storeFolder();
  await leave(path, { storeKey: KEY });
  runSql(path, "UPDATE entry SET value = (SELECT value FROM entry WHERE rowid = 2) WHERE rowid = 1");
  await expect(opened(path, { storeKey: KEY })).rejects.toThrow("which is damaged.");
});

test.each([
  { changes: { storeKey: randomBytes(32) }, reason: "was encrypted with another STORE_KEY" },
  { changes: {}, reason: "is encrypted, and STORE_KEY is not set" },
  {
    changes: { storeKey: KEY, almaUrl: "http://other.example/external_api/" },
    reason: "belongs to another Alma (ALMA_URL)",
  },
])("with %o, a file is refused that $reason, and stays as it is", async ({ changes, reason }) => {
  const { path } = await storeFolder();
  const first = await opened(path, { storeKey: KEY });
  await first.recorder.begin(intent("i"));
  await first.close();
  const before = await readFile(path);
  await expect(opened(path, changes)).rejects.toThrow(`STORE_URL names ${path}, which ${reason}`);
  expect(await readFile(path)).toEqual(before);
  const { earlier } = await opened(path, { storeKey: KEY });
  expect(earlier).toHaveLength(1);
});

test("an unencrypted file is refused with a key, and one of a newer version or another program is always refused", async () => {
  const { folder, path } = await storeFolder();
  await leave(path);
  await expect(opened(path, { storeKey: KEY })).rejects.toThrow("is not encrypted, and STORE_KEY is set");
  // Writes into the file itself: its connection ends when its statements are collected, and may checkpoint only then.
  runSql(path, "UPDATE about SET value = '99' WHERE name = 'layout'", "PRAGMA wal_checkpoint(TRUNCATE)");
  const before = await readFile(path);
  await expect(opened(path)).rejects.toThrow("was written by a newer version of the gateway");
  expect(await readFile(path)).toEqual(before);
  runSql(`${folder}/other.db`, "CREATE TABLE about (name TEXT, value TEXT)");
  const foreign = await readFile(`${folder}/other.db`);
  await expect(opened(`${folder}/other.db`)).rejects.toThrow("is the database of another program");
  expect(await readFile(`${folder}/other.db`)).toEqual(foreign);
});

test("entries of another format are read again; pending writes and keys are kept", async () => {
  const { path } = await storeFolder();
  const first = await opened(path);
  readUnits(first, 3);
  await first.recorder.begin({ ...intent("a"), idempotency: { key: "k", fingerprint: "f" } });
  await first.close();
  runSql(path, "UPDATE about SET value = '1-other' WHERE name = 'entries'");
  const { known, earlier, recorder } = await opened(path);
  expect([known(), earlier.length]).toEqual([0, 1]);
  expect(await recorder.keys.find("k")).toEqual({ fingerprint: "f", state: "sent" });
});

test("a pending write is reported until the stored catalog shows it", async () => {
  const { path } = await storeFolder();
  const first = await opened(path);
  await Promise.all(["a", "b", "c"].map((id) => first.recorder.begin(intent(id))));
  first.recorder.end("b");
  const killed = await opened(await copyAlive(path));
  expect(killed.earlier.map(([write]) => write)).toEqual(
    Array(killed.earlier.length).fill(intent("a").write),
  );
  expect(killed.earlier.length).toBeGreaterThanOrEqual(2);
  await first.close();
  // The finished one is shown by the stored data; Alma may still perform the others.
  const second = await opened(path);
  expect(second.earlier).toHaveLength(2);
  await second.recorder.begin(intent("d"));
  await second.close();
  const third = await opened(path);
  expect(third.earlier).toHaveLength(3);
  third.recorder.end("d");
  await third.close();
  const fourth = await opened(path);
  expect(fourth.earlier).toHaveLength(2);
});

test("keeps idempotency keys for 24 hours, and deletes ended writes", async () => {
  const { path } = await storeFolder();
  const kept = { fingerprint: "f", state: "final", answer: { id: 7 } } as const;
  const first = await opened(path);
  for (const key of ["a", "b", "c", "d"]) await first.recorder.keys.keep(key, kept);
  await first.recorder.keys.keep("d", undefined);
  await first.recorder.keys.keep("f", { fingerprint: "f", state: "begun" });
  const idempotency = { key: "e", fingerprint: "f" };
  await first.recorder.begin({ ...intent("w"), idempotency });
  first.recorder.end("w");
  await first.close();
  for (const hours of [0, 23, 2]) {
    runSql(path, `UPDATE kept SET until = until - ${hours * 3_600_000}`);
    const store = await opened(path);
    const { recorder, earlier, close } = store;
    expect(earlier).toEqual([]);
    const found = await Promise.all(["a", "d", "e", "f"].map((key) => recorder.keys.find(key)));
    const [sent, begun] = [
      { fingerprint: "f", state: "sent" },
      { fingerprint: "f", state: "begun" },
    ];
    const isOver = hours === 2;
    expect(found).toEqual(
      isOver ? [undefined, undefined, undefined, undefined] : [kept, undefined, sent, begun],
    );
    // The next commit deletes older data.
    readUnits(store, 1);
    await close();
    expect(runSql(path, "SELECT * FROM kept")).toHaveLength(isOver ? 0 : 5);
  }
});

test("the store has what the catalog learns within a second; if only a time has changed, only that is written", async () => {
  const { path } = await storeFolder();
  const store = await opened(path);
  readUnits(store, 1_200);
  const rows = () => runSql(path, "SELECT key, value FROM entry WHERE kind = 'unit' ORDER BY key");
  await vi.waitFor(() => expect(rows()).toHaveLength(1_200), { timeout: 20_000 });
  const before = rows();
  const readAgainAt = store.clock();
  readUnits(store, 1_200);
  store.catalog.store.applyDetail("unit", { record: { id: 7, name: "other" } as never }, store.clock());
  await store.close();
  const changed = rows().filter((row, index) => JSON.stringify(row) !== JSON.stringify(before[index]));
  expect(changed).toHaveLength(1);
  const next = await opened(path);
  const records = [...next.catalog.store.tables.unit.records];
  expect(records).toHaveLength(1_200);
  expect(records.filter(({ detailAt }) => detailAt < readAgainAt)).toEqual([]);
  expect(next.catalog.store.tables.unit.getOrCreate(7).value).toMatchObject({ name: "other" });
});

test("however often everything is read again, the log of readings stays short, and a later value is not older for it", async () => {
  const { path } = await storeFolder();
  const sizes: number[] = [];
  const lengths: number[] = [];
  for (let times = 0; times < 8; times++) {
    const store = await opened(path);
    readUnits(store, 600, times === 5 ? "changed" : "same");
    await store.close();
    sizes.push((await stat(path)).size);
    lengths.push(runSql(path, "SELECT seq FROM reading").length);
    const next = await opened(path);
    const [youngest] = [...next.catalog.store.tables.unit.records].map(({ detailAt }) => detailAt);
    expect(next.clock() - (youngest ?? 0)).toBeLessThan(60_000);
    await next.close();
  }
  expect(Math.max(...lengths)).toBeLessThan(20);
  expect(sizes.at(-1)).toBeLessThan(2 * (sizes[0] ?? 0));
});

test("while the disk is full, nothing is sent; earlier data stays, and later data is stored eventually", async () => {
  const { path } = await storeFolder();
  const store = await opened(path, { storeKey: KEY });
  const { single, recorder, warnings } = store;
  await recorder.begin(intent("a"));
  const free = fillDisk(4096);
  for (const id of ["b", "c"])
    await expect(recorder.begin(intent(id))).rejects.toMatchObject({
      code: "ALMA_UNAVAILABLE",
      message: expect.stringMatching(
        /before it is sent to Alma, and could not \(.+\), so nothing was sent\./,
      ),
    });
  readUnits(store, 20);
  await sleep(300);
  expect(single.isRefused).toBe(true);
  free();
  await recorder.begin(intent("d"));
  await vi.waitFor(() => expect(single.isRefused).toBe(false), { timeout: 20_000 });
  expect(warnings).toHaveLength(1);
  await store.close();
  const next = await opened(path, { storeKey: KEY });
  expect([next.known(), next.earlier.length]).toEqual([20, 2]);
});

test("a full disk, a missing folder, and a path that is a folder each give one sentence", async () => {
  const { folder, path } = await storeFolder();
  const isSentence =
    /^STORE_URL names .*, which cannot be kept: .* Name a file in a folder that the gateway may write, on a disk with room\.$/;
  await expect(opened(`${folder}/none/known.db`)).rejects.toThrow(isSentence);
  await mkdir(`${folder}/folder`);
  await expect(opened(`${folder}/folder`)).rejects.toThrow(isSentence);
  await leave(path);
  const free = fillDisk(1);
  const before = await readFile(path);
  await expect(opened(path)).rejects.toThrow(isSentence);
  expect(await readFile(path)).toEqual(before);
  free();
  const { known } = await opened(path);
  expect(known()).toBe(400);
});

test("an empty file becomes a store, which one process owns", async () => {
  const { path } = await storeFolder();
  await appendFile(path, "");
  const first = await opened(path);
  await expect(opened(path)).rejects.toThrow(
    /^STORE_URL names .*known\.db, which another process is using: one process owns the file\./,
  );
  // Others may read it meanwhile.
  await first.recorder.begin(intent("a"));
  expect(runSql(path, "SELECT id FROM intent")).toEqual([{ id: "a" }]);
  await first.close();
  const next = await opened(path);
  expect(next.earlier).toHaveLength(1);
});

test("a file that is not a store is a configuration error", () => {
  const env = { ALMA_URL: "http://127.0.0.1:1/external_api/", ALMA_API_KEY: "k" };
  expect(loadConfig({ ...env, STORE_URL: "sqlite:/tmp/known.db", STORE_KEY: "ab".repeat(32) })).toMatchObject(
    {
      storeUrl: { file: "/tmp/known.db" },
      storeKey: Buffer.alloc(32, 0xab),
    },
  );
  expect(loadConfig({ ...env, STORE_URL: "" }).storeUrl).toEqual({});
  for (const wrong of ["/tmp/known.db", "sqlite:", "sqlite::memory:", "mysql://db/x", "sqlite:a?b"])
    expect(() => loadConfig({ ...env, STORE_URL: wrong })).toThrow(
      `STORE_URL is "${wrong}", but it must be memory:, sqlite: and the path of a file`,
    );
});
