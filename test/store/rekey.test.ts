import { existsSync } from "node:fs";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { changeKey } from "../../src/store/lasting/stored-values.ts";
import { openConnection, type Query } from "../../src/store/postgres/connection.ts";
import { createSeal } from "../../src/store/sealed/seal.ts";
import { openDatabase } from "../../src/store/sqlite/database.ts";
import { eventually, join, prepareStore, ready, rename, startAlma } from "../share/members.ts";
import { has } from "../support/has.ts";
import { describeWithPostgres, type Postgres, startPostgres } from "../support/postgres.ts";
import { runStoreCommand } from "../support/store-command.ts";
import { runSql } from "./sqlite/run-sql.ts";
import { watchedFile } from "./sqlite/watched-file.ts";

const [oldKey, newKey] = ["7b".repeat(32), "c4".repeat(32)];
const sealOf = (key: string) => createSeal(Buffer.from(key, "hex"));

/** Runs `npm run store -- …` with a key. */
const commandOf = (almaUrl: string, storeUrl: string) => (key: string, command: string) =>
  runStoreCommand(command.split(" "), () =>
    loadConfig({
      ...{ ALMA_URL: almaUrl, ALMA_API_KEY: "k", STORE_URL: storeUrl, STORE_KEY: key },
      PEER_SECRET: "p".repeat(32),
    }),
  );

async function keyFile(text: string): Promise<string> {
  const folder = await mkdtemp(joinPath(tmpdir(), "alma-key-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = joinPath(folder, "key");
  await writeFile(path, text);
  return path;
}

/** A file in which a gateway has left records, changes, a job, a key and an intact log of readings. */
async function leftFile() {
  const watched = await watchedFile({ STORE_KEY: oldKey });
  const gateway = await watched.start();
  await gateway.read();
  watched.data.clients.change(252, { email: "new@example.com" });
  await gateway.read();
  const input = 'ref: { almaId: 1 }, idempotencyKey: "k", input: { number: "9" }';
  await gateway.ask(`mutation { updateUnit(${input}) { userErrors { code } } }`);
  await gateway.close();
  const { path, alma } = watched;
  if (has("history"))
    expect(runSql(path, "SELECT 1 FROM change WHERE length(guarded) > 0").length).toBeGreaterThan(0);
  expect(runSql(path, "SELECT 1 FROM kept").length).toBeGreaterThan(0);
  return { ...watched, run: (file = path) => commandOf(alma.url, `sqlite:${file}`) };
}

test("a file has another key after rekey, and the next gateway continues with all of its data", async () => {
  const { alma, start, run } = await leftFile();
  const path = await keyFile(`${newKey}\n`);
  expect(await run()(oldKey, `rekey ${path}`)).toEqual({
    code: 0,
    text: expect.stringContaining(`the key in ${path}: set STORE_KEY to it`),
  });
  expect((await run()(newKey, "check")).code).toBe(0);
  expect(await run()(oldKey, "check")).toMatchObject({
    code: 1,
    text: expect.stringContaining("another STORE_KEY"),
  });
  alma.log.clear();
  const next = await start({ STORE_KEY: newKey });
  const clientWith = async (selection: string) =>
    (await next.ask(`{ client(ref: { almaId: 252 }) { ${selection} } }`)).data.client;
  expect(await clientWith("email")).toEqual({ email: "new@example.com" });
  if (has("history"))
    expect((await clientWith("changeLog { nodes { field after } }")).changeLog.nodes).toEqual([
      { field: "email", after: "new@example.com" },
    ]);
  const again = 'ref: { almaId: 1 }, idempotencyKey: "k", input: { number: "9" }';
  expect(
    (await next.ask(`mutation { updateUnit(${again}) { userErrors { code } } }`)).errors,
  ).toBeUndefined();
  expect(alma.log.entries.filter(({ method }) => method === "PATCH")).toEqual([]);
});

test("a file whose rekey was killed at any statement opens with the old or the new key", async () => {
  const { path: left, run } = await leftFile();
  for (let kept = 0, isDone = false; !isDone; kept++) {
    const path = `${left}-${kept}`;
    await copyFile(left, path);
    const database = openDatabase(path, false);
    // Data that does not fit into memory is written before the end.
    database.exec("PRAGMA cache_size = 1; BEGIN IMMEDIATE");
    const steps = changeKey(sealOf(oldKey), sealOf(newKey));
    let next = steps.next();
    for (let count = 0; count < kept && !next.done; count++) {
      const { sql, values } = next.value;
      next = steps.next(database.prepare(sql).all(...values));
    }
    isDone = next.done === true;
    if (isDone) database.exec("COMMIT");
    const killed = `${path}-killed`;
    for (const part of ["", "-wal"])
      if (existsSync(`${path}${part}`)) await copyFile(`${path}${part}`, `${killed}${part}`);
    database.close();
    const [right, wrong] = isDone ? [newKey, oldKey] : [oldKey, newKey];
    expect((await run(killed)(right, "check")).text).toContain("every value can be read");
    expect((await run(killed)(wrong, "check")).text).toContain("another STORE_KEY");
    if (isDone) expect(kept).toBeGreaterThan(20);
  }
}, 120_000);

test("rekey changes nothing if a value is damaged, the file has no key, or a gateway uses the store", async () => {
  const { path, run, start } = await leftFile();
  const file = await keyFile(newKey);
  const rekeyIt = (from = file) => run()(oldKey, `rekey ${from}`);
  expect(await rekeyIt(await keyFile("no key"))).toMatchObject({
    code: 1,
    text: expect.stringContaining("has no key"),
  });
  const gateway = await start();
  expect((await rekeyIt()).text).toContain("another process is using");
  expect((await run()(oldKey, "check")).text).toContain("Owner: a gateway uses it.");
  await gateway.close();
  const [{ name }] = runSql(path, "SELECT name FROM kept WHERE name NOT LIKE 'mark:%'") as [{ name: string }];
  runSql(
    path,
    `UPDATE kept SET value = x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d' WHERE name = '${name}'`,
  );
  const { code, text } = await rekeyIt();
  expect([code, text]).toEqual([
    1,
    expect.stringMatching(new RegExp(`^Nothing was done: idempotency ${name} cannot be read`)),
  ]);
  const checked = await run()(oldKey, "check");
  expect(checked.code).toBe(1);
  expect(checked.text).toContain(`Integrity: 1 values cannot be read.\n  idempotency ${name}\n`);
});

test("check reports the contents of a file, its owner, and which data is readable without the key", async () => {
  const { run, start, path } = await leftFile();
  const { code, text } = await run()(oldKey, "check");
  expect(code).toBe(0);
  expect(text).toMatch(
    /^Owner: no gateway uses it\.\nLayout: of this version\. Size: [\d.]+ MiB\.\nLast commit: \d+\.\n/,
  );
  const changes = has("history") ? "[1-9]\\d*" : "0";
  expect(text).toMatch(
    new RegExp(`Content: [1-9]\\d* records, ${changes} changes, ${changes} of them in the last 30 days\\.`),
  );
  expect(text).toMatch(/History: any type: none before 20\d\d-/);
  expect(text).toMatch(/Readable without STORE_KEY: what the SQL views show of [1-9]\d* records/);
  expect(text).toContain("Pages: sound.");
  runSql(path, "INSERT INTO refused VALUES ('change 3 1', 1700000000000, 'index row too large')");
  const refused = await run()(oldKey, "check");
  expect(refused.code).toBe(1);
  expect(refused.text).toContain(
    "Refused values: 1.\n  change 3 1, 2023-11-14T22:13:20.000Z: index row too large\n",
  );
  // It has changed nothing.
  await start();
});

describeWithPostgres("in PostgreSQL", () => {
  async function leftDatabase(): Promise<{ postgres: Postgres; almaUrl: string }> {
    const alma = await startAlma();
    const postgres = await startPostgres();
    await prepareStore(postgres, alma.url, Buffer.from(oldKey, "hex"));
    const gateway = await join(alma, postgres.url, { STORE_KEY: oldKey });
    await eventually(() => ready(gateway));
    const id = alma.data.buildings.all()[0]?.id ?? 0;
    await gateway.query(rename(id, "Quay 1", "k"));
    await eventually(async () => (await postgres.ask("SELECT 1 FROM kept")).length > 0);
    await gateway.close();
    return { postgres, almaUrl: alma.url };
  }

  test("a rekey killed at any statement leaves the old or the new key; check reports the views of others", async () => {
    const { postgres, almaUrl } = await leftDatabase();
    await postgres.ask("CREATE SCHEMA bi; CREATE VIEW bi.vacant AS SELECT * FROM alma.unit");
    const run = commandOf(almaUrl, postgres.url);
    const address = { url: postgres.url, schema: "alma", timeout: 60_000 };
    const { text } = await run(oldKey, "check");
    expect(text).toMatch(
      /^Owner: no gateway leads\.\nLayout: \d+\. Size: [\d.]+ MiB\.\nLast commit: \d+, in term \d+\.\n/,
    );
    expect(text).toContain("every value can be read");
    expect(text).toContain("Views of others that depend on ours: bi.vacant.");
    const interrupt = async (query: Query, kept: number): Promise<boolean> => {
      const steps = changeKey(sealOf(oldKey), sealOf(newKey));
      let next = steps.next();
      for (let count = 0; count < kept && !next.done; count++) {
        const { sql, values } = next.value;
        let number = 0;
        const numbered = sql.replace(/\?/g, () => `$${++number}`);
        next = steps.next(await query(numbered, values));
      }
      return next.done === true;
    };
    for (let kept = 0, isDone = false; !isDone; kept += 7) {
      const connection = await openConnection(address);
      await connection
        .transaction(async (query) => {
          isDone = await interrupt(query, kept);
          connection.close();
        })
        .catch(() => {});
      expect((await run(oldKey, "check")).code).toBe(0);
      expect((await run(newKey, "check")).text).toContain("another STORE_KEY");
      if (isDone) expect(kept).toBeGreaterThan(20);
    }
    expect(await run(oldKey, `rekey ${await keyFile(newKey)}`)).toMatchObject({ code: 0 });
    expect((await run(newKey, "check")).text).toContain("every value can be read");
    expect((await run(oldKey, "check")).text).toContain("another STORE_KEY");
  }, 120_000);
});
