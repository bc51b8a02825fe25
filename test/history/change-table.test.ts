import { readFile } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { ChangeTable } from "../../src/store/lasting/change-table.ts";
import { typeNames } from "../../src/store/lasting/forget-changes.ts";
import { createSeal } from "../../src/store/sealed/seal.ts";
import { runSql } from "../store/sqlite/run-sql.ts";
import { watchedFile } from "../store/sqlite/watched-file.ts";

const stored = `SELECT * FROM change JOIN "commit" USING (seq)
  WHERE field IS NULL OR field NOT LIKE '#%' ORDER BY seq, n`;

test("a change is in the file soon after it is known, with guarded values encrypted", async () => {
  const { data, path, start } = await watchedFile();
  const { read, ask } = await start();
  await read();
  const earliest = Date.now();
  data.units.change(1, { address: "First", keybox_code: "4711-secret" });
  data.clients.change(252, { email: "hidden@example.com", first_name: "Omara" });
  await read();
  const { data: told } = await ask("{ changes { nodes { field notBefore notAfter cursor } } }");
  await vi.waitFor(() => expect(runSql(path, stored)).toHaveLength(told.changes.nodes.length));
  const rows = runSql(path, stored);
  const of = (field: string) => rows.find((row) => row.field === field);
  expect(of("address")).toMatchObject({
    kind: "unit",
    id: 1,
    event: "CHANGED",
    before: null,
    after: "First",
    guarded: null,
    origin: "SEEN",
    by: null,
  });
  expect(of("firstName")).toMatchObject({ kind: "client", id: 252, before: "Omar", after: "Omara" });
  expect(of("email")).toMatchObject({ before: null, after: null, guarded: expect.any(Uint8Array) });
  expect(of("keyboxCode")).toMatchObject({ before: null, after: null, guarded: new Uint8Array() });
  expect(runSql(path, "SELECT field FROM record_change WHERE is_withheld")).toHaveLength(2);
  for (const row of rows) {
    expect(row.not_before).toBeLessThanOrEqual(earliest);
    expect(row.not_after).toBeGreaterThanOrEqual(earliest);
    expect(row.at).toBeGreaterThanOrEqual(earliest);
    const { notBefore, notAfter } = told.changes.nodes.find(
      ({ field }: { field: string }) => field === row.field,
    );
    expect([Date.parse(notBefore), Date.parse(notAfter)]).toEqual([row.not_before, row.not_after]);
  }
  for (const file of [path, `${path}-wal`])
    for (const secret of ["4711-secret", "hidden@example.com", "omar@example.com"])
      expect((await readFile(file)).includes(secret)).toBe(false);
});

test("a write's caller, operation and request are stored with its changes; the start of a process is a commit", async () => {
  const { path, start } = await watchedFile();
  const first = await start();
  await first.read();
  const update = '(ref: { almaId: 1 }, input: { address: "New" }) { userErrors { message } }';
  expect((await first.ask(`mutation { updateUnit${update} }`)).data.updateUnit.userErrors).toEqual([]);
  await first.close();
  const [row] = runSql(path, "SELECT * FROM change WHERE field = 'address'");
  expect(row).toMatchObject({ after: "New", origin: "WRITE" });
  expect(JSON.parse(String(row?.by))).toEqual({
    name: "anyone",
    operation: "updateUnit",
    requestId: expect.stringMatching(/./),
  });
  const second = await start();
  await second.close();
  const commits = runSql(path, 'SELECT seq, term FROM "commit" ORDER BY seq');
  expect(commits.map(({ seq }) => seq)).toEqual(commits.map((_, index) => index + 1));
  const terms = commits.map(({ term }) => term);
  expect(new Set(terms).size).toBe(2);
  expect(terms.indexOf(terms.at(-1) ?? null)).toBe(terms.length - 1);
});

/** The layout of the first version. */
const layout1 = [
  "CREATE TABLE old.about (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
  "CREATE TABLE old.entry (key TEXT PRIMARY KEY, value BLOB NOT NULL)",
  "CREATE TABLE old.reading (seq INTEGER PRIMARY KEY, clock REAL NOT NULL, wall INTEGER NOT NULL, value BLOB NOT NULL)",
  "CREATE TABLE old.intent (id TEXT PRIMARY KEY, at INTEGER NOT NULL, value BLOB NOT NULL)",
  "CREATE TABLE old.idempotency (id TEXT PRIMARY KEY, at INTEGER NOT NULL, value BLOB NOT NULL)",
  "CREATE INDEX old.idempotency_at ON idempotency (at)",
];

test("a file of the first layout opens with its data, and accepts changes", async () => {
  const { alma, data, path, start } = await watchedFile();
  const first = await start();
  await first.read();
  const block =
    'mutation { blockUnit(ref: { almaId: 1 }, idempotencyKey: "k") { unit { status } userErrors { code } } }';
  const blocked = await first.ask(block);
  await first.close();
  const old = `${path}-old`;
  runSql(
    path,
    `ATTACH '${old}' AS old`,
    ...layout1,
    ...["about", "reading", "intent"].map((table) => `INSERT INTO old.${table} SELECT * FROM ${table}`),
    "INSERT INTO old.idempotency SELECT name, until - 86400000, value FROM kept",
    "INSERT INTO old.entry SELECT key, value FROM entry",
    "UPDATE old.about SET value = '1' WHERE name = 'layout'",
    "UPDATE old.about SET value = '4' WHERE name = 'entries'",
    "DELETE FROM old.about WHERE name = 'views'",
  );
  const second = await start({}, old);
  await second.read();
  alma.log.clear();
  const { units } = (await second.ask("{ units { nodes { almaId } } }")).data;
  expect(units.nodes.length).toBeGreaterThan(0);
  await vi.waitFor(() => expect(runSql(old, "SELECT id FROM unit")).toHaveLength(units.nodes.length));
  expect(alma.log.entries).toEqual([]);
  expect((await second.ask(block)).data).toEqual(blocked.data);
  expect(alma.log.entries.filter(({ method }) => method !== "GET")).toEqual([]);
  data.units.change(1, { address: "Later" });
  await second.read();
  await second.close();
  expect(runSql(old, "SELECT after FROM change WHERE field = 'address'")).toEqual([{ after: "Later" }]);
  expect(runSql(old, "SELECT count(*) AS keys FROM kept")).toEqual([{ keys: 1 }]);
});

test("neither pages nor deletions sort all changes of a kind", async () => {
  const { path, start } = await watchedFile();
  await (await start()).close();
  const table = new ChangeTable(createSeal(undefined), typeNames);
  const place = { seq: 7, n: 3 };
  const page = { kinds: ["unit", "room"], after: place, limit: 51 } as const;
  const forgetting = table.forget({ unit: Date.now() });
  // The query covers both what has been deleted and the last commit that is old enough.
  forgetting.next();
  forgetting.next([]);
  const steps = [
    table.read(page, place).next(),
    table.read({ ...page, kinds: ["unit"], record: { id: 1, key: "Unit:1" } }, place).next(),
    forgetting.next([{ seq: 9 }]),
  ];
  for (const { value } of steps) {
    const { sql, values } = value as { sql: string; values: readonly unknown[] };
    const rest = [...values];
    const plan = runSql(path, `EXPLAIN QUERY PLAN ${sql.replaceAll("?", () => `'${rest.shift()}'`)}`);
    expect(plan.map(({ detail }) => detail).join("\n"), sql).not.toContain("TEMP B-TREE");
  }
});
