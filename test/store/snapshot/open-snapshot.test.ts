import { randomBytes } from "node:crypto";
import { chmod, copyFile, mkdir, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { afterEach, expect, test, vi } from "vitest";
import { monotonicClock } from "../../../src/alma/index.ts";
import type { CompletedWrite } from "../../../src/catalog/index.ts";
import { loadConfig } from "../../../src/config/config.ts";
import { createFileSeal } from "../../../src/store/snapshot/file-seal.ts";
import { openSnapshot } from "../../../src/store/snapshot/snapshot.ts";
import { writeSnapshot } from "../../../src/store/snapshot/snapshot-file.ts";
import { paperCatalog } from "../../catalog/paper-catalog.ts";
import { snapshotFolder } from "./folder.ts";

afterEach(() => void vi.restoreAllMocks());

const KEY = randomBytes(32);
const settings = (path: string, changes: object = {}) => ({
  snapshotFile: path,
  snapshotEvery: 1e8,
  storeKey: undefined,
  almaUrl: "http://alma.example/external_api/",
  almaTimeout: 15_000,
  writeSettlingTime: 60_000,
  ...changes,
});

/** A log that keeps its warnings. */
function logOf() {
  const warnings: string[] = [];
  const log = { info: () => {}, debug: () => {}, error: () => {} };
  return { warnings, log: { ...log, warn: (_: object, message: string) => warnings.push(message) } as never };
}

/** Opens a snapshot over a catalog of 400 units, of which it knows what the files have. */
async function opened(path: string, changes: object = {}) {
  const { log, warnings } = logOf();
  const clock = monotonicClock();
  const snapshot = await openSnapshot(settings(path, changes), clock, log);
  if (!snapshot) throw new Error("There is no snapshot.");
  const { catalog } = paperCatalog({ clock } as never);
  await snapshot.load(catalog);
  const earlier: [CompletedWrite, boolean][] = [];
  snapshot.noteEarlierWrites(({ write }, _, isEnded) => earlier.push([write, isEnded]));
  const known = () => [...catalog.store.tables.unit.records].filter(({ detailAt }) => detailAt > 0).length;
  return { snapshot, catalog, clock, warnings, earlier, known };
}

/** Leaves a snapshot of units, which is more than one frame. */
async function leave(path: string, changes: object = {}, count = 400): Promise<void> {
  const { snapshot, catalog, clock } = await opened(path, changes);
  for (let id = 1; id <= count; id++)
    catalog.store.applyDetail("unit", { record: { id, name: "x".repeat(500) } as never }, clock());
  await snapshot.close();
}

const intent = (id: string, write: CompletedWrite = { kind: "unit", verb: "update", id: 7 }) => ({
  id,
  write,
  lockKeys: ["unit u-7"],
  startedAt: 0,
  requestId: "r",
});

test.each([undefined, KEY])(
  "what is known is there again, in files for the owner alone (key: %o)",
  async (storeKey) => {
    const { path, files } = await snapshotFolder();
    await leave(path, { storeKey });
    expect(await files()).toEqual(["known", "known.journal"]);
    for (const file of [path, `${path}.journal`]) expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(path, "utf8")).includes("xxxxx")).toBe(storeKey === undefined);
    const { snapshot, known, warnings } = await opened(path, { storeKey });
    expect(known()).toBe(400);
    const inClear = "SNAPSHOT_FILE holds personal data and door codes in clear; STORE_KEY encrypts it";
    expect(warnings).toEqual(storeKey ? [] : [inClear]);
    await snapshot.close();
  },
);

test("ages go on by the calendar; where it was set back, everything counts as older than any setting allows", async () => {
  const { path } = await snapshotFolder();
  await leave(path, {}, 1);
  const ages: number[] = [];
  const wallTime = Date.now();
  for (const later of [3_600_000, -3_600_000]) {
    vi.spyOn(Date, "now").mockReturnValue(wallTime + later);
    await copyFile(path, `${path}.copy`);
    const { snapshot, catalog, clock } = await opened(path);
    ages.push(clock() - catalog.store.tables.unit.getOrCreate(1).detailAt);
    await snapshot.close();
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
  ["the end of the header", (path) => flipAt(path, 150)],
  ["a length", async (path) => flipAt(path, (await readFile(path)).indexOf("\n") + 2)],
  ["the first frame", async (path) => flipAt(path, (await readFile(path)).indexOf("\n") + 40)],
  ["the middle", async (path) => flipAt(path, Math.floor((await stat(path)).size / 2))],
  ["the last byte", (path) => flipAt(path, -1)],
  ["half of it", truncateTo(0.5)],
  ["all of it", truncateTo(0)],
  [
    "all but the header",
    async (path) => truncateTo(((await readFile(path)).indexOf("\n") + 1) / (await stat(path)).size)(path),
  ],
  [
    "the last frame",
    async (path) => {
      const bytes = await readFile(path);
      let position = bytes.indexOf("\n") + 1;
      let last = position;
      while (position < bytes.length) {
        last = position;
        position += 4 + bytes.readUInt32BE(position);
      }
      await writeFile(path, bytes.subarray(0, last));
    },
  ],
  [
    "nothing, with more at the end",
    async (path) => writeFile(path, Buffer.concat([await readFile(path), Buffer.from("more")])),
  ],
];

test.each(damages.flatMap(([what, damage]) => [undefined, KEY].map((key) => ({ what, damage, key }))))(
  "a snapshot that lacks $what is set aside with one warning",
  async ({ damage, key }) => {
    const { path, files } = await snapshotFolder();
    await leave(path, { storeKey: key });
    await damage(path);
    const { snapshot, known, warnings } = await opened(path, { storeKey: key });
    expect(known()).toBe(0);
    expect(warnings.filter((warning) => warning.includes("is set aside"))).toEqual([
      expect.stringMatching(/ is damaged.*\. It is set aside, and the gateway reads Alma from the start\.$/),
    ]);
    expect((await files()).filter((file) => file.endsWith(".set-aside"))).toHaveLength(1);
    await snapshot.close();
  },
);

test.each([
  { changes: { storeKey: randomBytes(32) }, reason: "is damaged, or was written with another STORE_KEY" },
  { changes: {}, reason: "is encrypted, and STORE_KEY is not set" },
  {
    changes: { storeKey: KEY, almaUrl: "http://other.example/external_api/" },
    reason: "is about another Alma",
  },
])("with %o, snapshot and journal are set aside, since the first $reason", async ({ changes, reason }) => {
  const { path } = await snapshotFolder();
  const first = await opened(path, { storeKey: KEY });
  await first.snapshot.journal.begin(intent("i"));
  await first.snapshot.close();
  await leave(path, { storeKey: KEY });
  const { snapshot, known, warnings, earlier } = await opened(path, changes);
  expect(known()).toBe(0);
  expect(earlier).toEqual([]);
  expect(warnings.filter((warning) => warning.startsWith(`${path} ${reason}`))).toHaveLength(1);
  await snapshot.close();
});

test("a snapshot in clear is set aside where there is a key, and one of another version always", async () => {
  const { path } = await snapshotFolder();
  await leave(path);
  const keyed = await opened(path, { storeKey: KEY });
  expect(keyed.known()).toBe(0);
  expect(keyed.warnings.some((warning) => warning.includes("is not encrypted, and STORE_KEY is set"))).toBe(
    true,
  );
  await keyed.snapshot.close();
  await rm(`${path}.journal`);
  const format = { path, almaUrl: settings(path).almaUrl, seal: createFileSeal(undefined) };
  await writeSnapshot(format, 1, []);
  const text = await readFile(path, "latin1");
  await writeFile(path, text.replace('"layout":1', '"layout":2'), "latin1");
  const { snapshot, warnings } = await opened(path);
  expect(warnings.some((warning) => warning.includes("was written by another version of the gateway"))).toBe(
    true,
  );
  await snapshot.close();
});

test("a write that was begun is told of, whether it had ended or not, until a snapshot shows it", async () => {
  const { path } = await snapshotFolder();
  const first = await opened(path);
  await Promise.all(["a", "b", "c"].map((id) => first.snapshot.journal.begin(intent(id))));
  first.snapshot.journal.end("b");
  await first.snapshot.close();
  // The one that had ended is in the snapshot; the others may still be carried out.
  const second = await opened(path);
  expect(second.earlier).toEqual([
    [intent("a").write, false],
    [intent("c").write, false],
  ]);
  await second.snapshot.journal.begin(intent("d"));
  await second.snapshot.close();
  vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000);
  const third = await opened(path);
  expect(third.earlier).toHaveLength(3);
  await third.snapshot.close();
  const fourth = await opened(path);
  expect(fourth.earlier).toEqual([]);
  await fourth.snapshot.close();
});

test("idempotency keys are there for 24 hours, whatever snapshots come; writes that these show are told of no more", async () => {
  const { path } = await snapshotFolder();
  const kept = { fingerprint: "f", state: "final", answer: { id: 7 } } as const;
  const first = await opened(path);
  for (const key of ["a", "b", "c", "d"]) await first.snapshot.storedKeys.keep(key, kept);
  await first.snapshot.storedKeys.keep("d", undefined);
  const idempotency = { key: "e", fingerprint: "f" };
  await first.snapshot.journal.begin({ ...intent("w"), idempotency });
  first.snapshot.journal.end("w");
  await first.snapshot.close();
  for (const hours of [0, 23, 25]) {
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + (hours === 0 ? 0 : hours === 23 ? 23 : 2) * 3_600_000);
    const { snapshot, earlier } = await opened(path);
    expect(earlier).toEqual([]);
    const found = await Promise.all(["a", "d", "e"].map((key) => snapshot.storedKeys.find(key)));
    const sent = { fingerprint: "f", state: "sent" };
    expect(found).toEqual(hours > 24 ? [undefined, undefined, undefined] : [kept, undefined, sent]);
    await snapshot.close();
  }
});

/** The journal of a process that was killed after it began these writes. */
async function killed(path: string, ids: readonly string[]): Promise<Buffer> {
  const { snapshot } = await opened(path, { storeKey: KEY });
  for (const id of ids) await snapshot.journal.begin(intent(id));
  const journal = await readFile(`${path}.journal`);
  await snapshot.close();
  return journal;
}

test("a journal that ends within a line has all lines before it; one that is damaged takes the snapshot with it", async () => {
  const { path, files } = await snapshotFolder();
  const journal = await killed(path, ["a", "b", "c"]);
  await writeFile(`${path}.journal`, journal.subarray(0, -10));
  const torn = await opened(path, { storeKey: KEY });
  expect(torn.earlier).toHaveLength(2);
  expect(torn.warnings).toEqual([]);
  await torn.snapshot.close();
  await leave(path, { storeKey: KEY });
  const bytes = Buffer.from(journal);
  bytes[bytes.length - 60] = (bytes[bytes.length - 60] ?? 0) ^ 2;
  await writeFile(`${path}.journal`, bytes);
  const damaged = await opened(path, { storeKey: KEY });
  expect([damaged.known(), damaged.earlier]).toEqual([0, []]);
  expect(damaged.warnings).toEqual([
    expect.stringContaining("known.journal is damaged"),
    expect.stringContaining("known cannot be used without its journal"),
  ]);
  expect((await files()).filter((file) => file.endsWith(".set-aside"))).toHaveLength(2);
  await damaged.snapshot.close();
});

/** Makes a method of every open file fail with ENOSPC. */
async function fillDisk(path: string, method: "datasync" | "sync") {
  const handle = await open(path, "r");
  const fails = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  const spy = vi.spyOn(Object.getPrototypeOf(handle), method).mockRejectedValue(fails);
  await handle.close();
  return spy;
}

test("while the journal cannot be written, nothing may leave; what was begun before stays, and what comes after is there", async () => {
  const { path } = await snapshotFolder();
  const { snapshot, warnings } = await opened(path, { storeKey: KEY });
  await snapshot.journal.begin(intent("a"));
  const full = await fillDisk(`${path}.journal`, "datasync");
  for (const id of ["b", "c"])
    await expect(snapshot.journal.begin(intent(id))).rejects.toMatchObject({
      code: "ALMA_UNAVAILABLE",
      message: expect.stringContaining("could not (ENOSPC), so nothing was sent"),
    });
  expect(snapshot.isFailing).toBe(true);
  full.mockRestore();
  await snapshot.journal.begin(intent("d"));
  expect(snapshot.isFailing).toBe(false);
  expect(warnings).toHaveLength(1);
  await copyFile(`${path}.journal`, `${path}.copy`);
  await snapshot.close();
  await copyFile(`${path}.copy`, `${path}.journal`);
  const next = await opened(path, { storeKey: KEY });
  expect(next.earlier).toHaveLength(2);
  await next.snapshot.close();
});

test("a snapshot that cannot be written leaves the earlier one and the journal, and is told of once", async () => {
  const { path, files } = await snapshotFolder();
  await leave(path, { storeKey: KEY });
  const { snapshot, catalog, clock, warnings } = await opened(path, { storeKey: KEY });
  await snapshot.journal.begin(intent("a"));
  snapshot.journal.end("a");
  catalog.store.applyDetail("unit", { record: { id: 1_000 } }, clock());
  const full = await fillDisk(path, "sync");
  expect(snapshot.isFailing).toBe(false);
  await snapshot.close();
  expect(snapshot.isFailing).toBe(true);
  full.mockRestore();
  expect(warnings).toEqual([expect.stringContaining("SNAPSHOT_FILE cannot be written: ENOSPC")]);
  expect(await files()).toEqual(["known", "known.journal"]);
  const next = await opened(path, { storeKey: KEY });
  expect([next.known(), next.earlier]).toEqual([400, [[intent("a").write, true]]]);
  await next.snapshot.close();
});

test("a folder that is not there, or a path that is a folder, is a sentence", async () => {
  const { folder, path } = await snapshotFolder();
  const isSentence =
    /^SNAPSHOT_FILE names .*, which cannot be kept: .* Name a file in a folder that the gateway may write\.$/;
  await expect(opened(`${folder}/none/known`)).rejects.toThrow(isSentence);
  await mkdir(path);
  await expect(opened(path)).rejects.toThrow(isSentence);
  await chmod(path, 0o700);
});

test("the lock of a living process stands, and that of a dead one is taken over", async () => {
  const { path, files } = await snapshotFolder();
  const first = await opened(path);
  await expect(opened(path)).rejects.toThrow(
    /^SNAPSHOT_FILE names .*known, which process \d+ on .* is using: one process owns the file\./,
  );
  const lock = JSON.parse(await readFile(`${path}.lock`, "utf8"));
  await first.snapshot.close();
  expect(await files()).not.toContain("known.lock");
  // A process of the same id that began at another time, as after a restart of a container; and one that is gone.
  for (const dead of [
    { ...lock, startedAt: "1" },
    { ...lock, pid: 2 ** 22 + 1 },
  ]) {
    await writeFile(`${path}.lock`, JSON.stringify(dead));
    const next = await opened(path);
    await next.snapshot.close();
  }
  // One of another machine is dead once it has not shown itself for a minute.
  await writeFile(`${path}.lock`, JSON.stringify({ ...lock, host: "elsewhere" }));
  await expect(opened(path)).rejects.toThrow("on elsewhere is using");
  expect((await files()).filter((file) => file.startsWith("known.lock"))).toEqual(["known.lock"]);
});

test("a file together with an engine is a fault of the configuration", () => {
  const env = {
    ALMA_URL: "http://127.0.0.1:1/external_api/",
    ALMA_API_KEY: "k",
    SNAPSHOT_FILE: "/tmp/known",
    VALKEY_URL: "valkey://127.0.0.1:6379",
    PEER_SECRET: "p".repeat(32),
  };
  expect(() => loadConfig(env)).toThrow("SNAPSHOT_FILE and VALKEY_URL are both set");
  const { VALKEY_URL: _, ...alone } = env;
  expect(loadConfig({ ...alone, STORE_KEY: "ab".repeat(32) })).toMatchObject({
    snapshotFile: "/tmp/known",
    snapshotEvery: 60_000,
    storeKey: Buffer.alloc(32, 0xab),
  });
});
