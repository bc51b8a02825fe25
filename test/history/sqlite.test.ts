import { copyFile, rm } from "node:fs/promises";
import { afterEach, expect, test, vi } from "vitest";
import { fillDisk } from "../store/sqlite/folder.ts";
import { runSql } from "../store/sqlite/run-sql.ts";
import { watchedFile } from "../store/sqlite/watched-file.ts";

afterEach(() => void vi.restoreAllMocks());

type Watched = Awaited<ReturnType<Awaited<ReturnType<typeof watchedFile>>["start"]>>;

interface Node {
  readonly recordId: string;
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly origin: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly cursor: string;
}

const page =
  "{ nodes { recordId field before after origin notBefore notAfter cursor } pageInfo { hasNextPage endCursor } knownSince }";

const changes = async ({ ask }: Watched, args = "") => (await ask(`{ changes${args} ${page} }`)).data.changes;
const logOf = async ({ ask }: Watched, id: number, args = "") =>
  (await ask(`{ unit(ref: { almaId: ${id} }) { changeLog${args} ${page} } }`)).data.unit.changeLog;
const errorOf = async ({ ask }: Watched, cursor: string, kinds = "") =>
  (await ask(`{ changes(after: "${cursor}"${kinds}) { nodes { field } } }`)).errors?.[0]?.extensions.code;

/** All pages of changes, in order. */
async function follow(gateway: Watched, first: number, kinds = ""): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let after = ""; ; ) {
    const { nodes: more, pageInfo } = await changes(gateway, `(first: ${first}${kinds}${after})`);
    nodes.push(...more);
    if (!pageInfo.hasNextPage) return nodes;
    after = `, after: "${pageInfo.endCursor}"`;
  }
}

/** All pages of a unit's changes, the newest first. */
async function lookBack(gateway: Watched, id: number, first: number): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let after = ""; ; ) {
    const { nodes: more, pageInfo } = await logOf(gateway, id, `(first: ${first}${after})`);
    nodes.push(...more);
    if (!pageInfo.hasNextPage) return nodes;
    after = `, after: "${pageInfo.endCursor}"`;
  }
}

const values = (nodes: readonly Node[]) => nodes.map(({ after }) => after);
const stored = (path: string) =>
  runSql(path, "SELECT count(*) AS n FROM change WHERE field NOT LIKE '#%'")[0]?.n;

/** Lets a gateway observe each value of a unit's address. */
async function see(gateway: Watched, file: Awaited<ReturnType<typeof watchedFile>>, ...addresses: string[]) {
  for (const address of addresses) {
    file.data.units.change(1, { address });
    await gateway.read();
  }
}

test("after a restart and after a kill, history continues at a cursor, and keeps earlier changes", async () => {
  const file = await watchedFile();
  const first = await file.start();
  await first.read();
  const empty = await changes(first);
  await see(first, file, "A", "B", "C");
  const before = await changes(first);
  const logged = await logOf(first, 1);
  await first.close();
  const second = await file.start();
  expect(await changes(second)).toMatchObject({ nodes: before.nodes, knownSince: before.knownSince });
  expect((await logOf(second, 1)).nodes).toEqual(logged.nodes);
  expect(await changes(second, `(after: "${before.pageInfo.endCursor}")`)).toMatchObject({ nodes: [] });
  await see(second, file, "D");
  await vi.waitFor(() => expect(stored(file.path)).toBe(4));
  const third = await file.start({}, await file.copy());
  await see(third, file, "E");
  for (const [cursor, expected] of [
    [empty.pageInfo.endCursor, ["A", "B", "C", "D", "E"]],
    [before.nodes[1].cursor, ["C", "D", "E"]],
    [before.pageInfo.endCursor, ["D", "E"]],
  ] as const)
    expect(values((await changes(third, `(after: "${cursor}")`)).nodes)).toEqual(expected);
  expect(values((await logOf(third, 1)).nodes)).toEqual(["E", "D", "C", "B", "A"]);
  expect((await changes(third)).knownSince).toBe(before.knownSince);
});

test("changes while no process runs are recorded, as later than the last reading", async () => {
  const file = await watchedFile();
  const first = await file.start();
  const began = Date.now();
  await first.read();
  const read = Date.now();
  await first.close();
  file.data.units.change(1, { address: "Meanwhile" });
  const second = await file.start();
  await second.read();
  const [change, ...others] = (await changes(second)).nodes;
  expect(others).toEqual([]);
  expect(change).toMatchObject({ recordId: "Unit:1", before: null, after: "Meanwhile", origin: "SEEN" });
  // The two clocks are read one after the other.
  expect(Date.parse(change.notBefore)).toBeGreaterThan(began - 100);
  expect(Date.parse(change.notBefore)).toBeLessThan(read + 100);
});

test("pages are the same from memory and file, without values that need a scope", async () => {
  const file = await watchedFile();
  const first = await file.start();
  await first.read();
  await see(first, file, "A", "B", "C");
  file.data.clients.change(252, { email: "new@example.com" });
  await see(first, file, "D", "E", "F", "G", "H");
  const all = await follow(first, 100);
  const back = await lookBack(first, 1, 100);
  expect(all.length).toBeGreaterThan(8);
  await first.close();
  for (const memory of ["67108864", "1200", "0"]) {
    const next = await file.start({ HISTORY_MEMORY: memory });
    for (const size of [1, 2, 3, 100]) {
      expect(await follow(next, size)).toEqual(all);
      expect(await lookBack(next, 1, size)).toEqual(back);
    }
    const ofClients = await follow(next, 1, ", kinds: [CLIENT]");
    expect(ofClients).toEqual(all.filter(({ recordId }) => recordId.startsWith("Client:")));
    expect(ofClients).toMatchObject([
      { field: "email", before: "omar@example.com", after: "new@example.com" },
    ]);
    expect(await logOf(next, 1, '(fields: ["address"], first: 2)')).toMatchObject({
      nodes: [{ after: "H" }, { after: "G" }],
    });
    await next.close();
  }
});

test("after a backup is restored, cursors of lost changes are refused, even if their numbers are reused", async () => {
  const file = await watchedFile();
  const first = await file.start();
  await first.read();
  await see(first, file, "A", "B");
  await vi.waitFor(() => expect(stored(file.path)).toBe(2));
  const kept = (await changes(first)).pageInfo.endCursor;
  const backup = `${file.path}-backup`;
  runSql(file.path, `VACUUM INTO '${backup}'`);
  await see(first, file, "C", "D");
  const lost = (await changes(first)).nodes.slice(2).map(({ cursor }: Node) => cursor);
  await first.close();
  for (const part of ["", "-wal", "-shm"]) await rm(`${file.path}${part}`, { force: true });
  await copyFile(backup, file.path);
  const second = await file.start();
  for (const cursor of lost) expect(await errorOf(second, cursor)).toBe("CURSOR_EXPIRED");
  await see(second, file, "E", "F", "G");
  for (const cursor of lost) expect(await errorOf(second, cursor)).toBe("CURSOR_EXPIRED");
  expect(values((await changes(second, `(after: "${kept}")`)).nodes)).toEqual(["E", "F", "G"]);
  await vi.waitFor(() => expect(stored(file.path)).toBe(5));
  const third = await file.start({}, await file.copy());
  expect(values((await changes(third, `(after: "${kept}")`)).nodes)).toEqual(["E", "F", "G"]);
});

test("after an upgrade that changes the fields of records, history starts again, and the records' own stays", async () => {
  const file = await watchedFile();
  const first = await file.start();
  await first.read();
  await see(first, file, "A");
  const { knownSince, pageInfo } = await changes(first);
  await first.close();
  runSql(file.path, "UPDATE about SET value = '1-other' WHERE name = 'entries'");
  const second = await file.start();
  await second.read();
  expect(await errorOf(second, pageInfo.endCursor)).toBe("CURSOR_EXPIRED");
  const { nodes, ...begun } = await changes(second);
  expect(nodes).toEqual([]);
  expect(Date.parse(begun.knownSince)).toBeGreaterThan(Date.parse(knownSince));
  expect(values((await logOf(second, 1)).nodes)).toEqual(["A"]);
});

test("while the file cannot be written, changes wait in memory; overflow is a reported gap", async () => {
  const file = await watchedFile();
  for (const [memory, isLost] of [
    ["67108864", false],
    ["2000", true],
  ] as const) {
    const gateway = await file.start({ HISTORY_MEMORY: memory });
    await gateway.read();
    const { pageInfo, knownSince } = await changes(gateway);
    const before = Number(stored(file.path));
    const free = fillDisk(1);
    await see(gateway, file, ...["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => `${name} ${memory}`));
    free();
    await vi.waitFor(() => expect(Number(stored(file.path))).toBeGreaterThan(before));
    const newest = `h ${memory}`;
    await vi.waitFor(() =>
      expect(runSql(file.path, `SELECT n FROM change WHERE after = '${newest}'`)).toHaveLength(1),
    );
    await gateway.close();
    const next = await file.start();
    const { nodes, ...known } = await changes(next);
    expect(nodes.at(-1)).toMatchObject({ after: newest });
    expect(await errorOf(next, pageInfo.endCursor)).toBe(isLost ? "CURSOR_EXPIRED" : undefined);
    expect(Date.parse(known.knownSince) > Date.parse(knownSince)).toBe(isLost);
    expect(Number(stored(file.path)) - before < 8).toBe(isLost);
    await next.close();
  }
});

test("changes are kept for HISTORY_KEEP, by type; a cursor expires when a change after it is deleted", async () => {
  const file = await watchedFile();
  const first = await file.start();
  await first.read();
  const start = (await changes(first)).pageInfo.endCursor;
  file.data.clients.change(252, { email: "new@example.com" });
  await see(first, file, "A", "B");
  const { knownSince, pageInfo } = await changes(first);
  await first.close();
  const now = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => now() + 36 * 3_600_000);
  // The clock of one start may be wrong: another term has begun since.
  runSql(file.path, `INSERT INTO "commit" SELECT max(seq) + 1, 'another', ${Date.now()} FROM "commit"`);
  const second = await file.start({ HISTORY_KEEP: "1d; Client=5d" });
  const dayAgo = Date.now() - 86_400_000;
  await vi.waitFor(async () => expect((await changes(second)).nodes).toEqual([]));
  expect((await logOf(second, 1)).nodes).toEqual([]);
  expect(Math.abs(Date.parse((await changes(second)).knownSince) - dayAgo)).toBeLessThan(60_000);
  expect(await errorOf(second, start)).toBe("CURSOR_EXPIRED");
  // Nothing newer is deleted.
  expect(await errorOf(second, pageInfo.endCursor)).toBeUndefined();
  const ofClients = await changes(second, "(kinds: [CLIENT])");
  expect(ofClients).toMatchObject({ nodes: [{ after: "new@example.com" }], knownSince });
  expect(await errorOf(second, start, ", kinds: [CLIENT]")).toBeUndefined();
  await see(second, file, "C");
  expect(values((await changes(second, `(after: "${pageInfo.endCursor}")`)).nodes)).toEqual(["C"]);
  expect(runSql(file.path, "SELECT DISTINCT kind FROM change WHERE after = 'B'")).toEqual([]);
});

test("a view of a day on which no gateway ran is as fresh as the last reading before it", async () => {
  const file = await watchedFile();
  const first = await file.start();
  await first.read();
  await first.close();
  const read = Date.now();
  const { now } = Date;
  vi.spyOn(Date, "now").mockImplementation(() => now() + 20 * 86_400_000);
  const second = await file.start();
  await second.read();
  const day = new Date(read + 10 * 86_400_000).toISOString();
  const { extensions } = await second.ask(`query @asOf(time: "${day}") { units { nodes { address } } }`);
  const { oldest } = extensions.alma as unknown as { oldest: string };
  expect(Date.parse(oldest)).toBeLessThanOrEqual(read);
  expect(Date.parse(oldest)).toBeGreaterThan(read - 60_000);
});
