import { hash } from "node:crypto";
import pg from "pg";
import { expect, onTestFinished, test, vi } from "vitest";
import { createSeal } from "../../src/store/index.ts";
import * as postgres from "../../src/store/postgres/layout.ts";
import { makeViews } from "../../src/store/postgres/views.ts";
import { openDatabase } from "../../src/store/sqlite/database.ts";
import * as sqlite from "../../src/store/sqlite/layout.ts";
import { recordViews, sqlite as sqliteDialect } from "../../src/store/view/sql-view.ts";
import { describeWithPostgres, startPostgres } from "../support/postgres.ts";
import { storeFolder } from "./sqlite/folder.ts";

const identity = { almaUrl: "http://alma", seal: createSeal(undefined) };
const digest = hash("sha256", identity.almaUrl, "hex").slice(0, 32);
const log = { warn: () => {} };

/** The description of itself that a store contains, by layout. */
const about = (layout: number) =>
  `INSERT INTO about VALUES ('application', 'alma-gateway'), ('layout', '${layout}'), ('alma', '${digest}'),
   ('encrypted', 'false'), ('proof', 'proof'), ('entries', '1')`;

const contract = JSON.stringify({
  rentalObject: "7",
  client: "8",
  endDate: "2026-02-28",
  isArchived: "false",
});
const columns = "rental_object_id, client_id, is_archived, first_day, last_day";
const views = recordViews(sqliteDialect).map(({ name }) => name);

/** The first 12 digits of the digest of each migration. */
const digestsOf = (migrations: readonly string[]) =>
  migrations.map((text) => hash("sha256", text.replaceAll(/\s+/g, " "), "hex").slice(0, 12));

test("a migration that stores have run never changes: a change needs a new migration", () => {
  expect({
    sqlite: digestsOf(sqlite.migrations),
    postgres: digestsOf(postgres.migrations),
  }).toMatchInlineSnapshot(`
    {
      "postgres": [
        "ebb3bdb932fa",
        "dcb69aeb0a9f",
        "e631eb615a7d",
        "3f185eed422d",
        "ce3f3bc2a76c",
        "e051f46b131c",
      ],
      "sqlite": [
        "6d38f2831197",
        "e8a4cc536d7a",
        "834810e3ff9b",
        "875de0373626",
        "16eded02b7ba",
        "7767268dc1dd",
        "82037e41b7bd",
      ],
    }
  `);
});

test.each(sqlite.migrations.slice(0, -1).map((_, index) => index + 1))(
  "a file of layout %i becomes one of this version",
  async (layout) => {
    const { folder } = await storeFolder();
    const open = (name: string) => openDatabase(`${folder}/${name}`, false);
    const tablesOf = (database: ReturnType<typeof open>) =>
      database
        .prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
        .all();
    const [old, fresh] = [open("old"), open("fresh")];
    for (const text of [...sqlite.migrations.slice(0, layout), about(layout)]) old.exec(text);
    if (layout > 1)
      old
        .prepare("INSERT INTO entry (key, value, kind, id, shown) VALUES ('k', x'', 'tenantContract', 1, ?)")
        .run(contract);
    sqlite.migrate(old, { ...identity, entryFormat: "1" });
    sqlite.migrate(fresh, { ...identity, entryFormat: "1" });
    expect(tablesOf(old)).toEqual(tablesOf(fresh));
    sqlite.makeViews(old, recordViews(sqliteDialect));
    for (const view of views) old.prepare(`SELECT * FROM ${view}`).all();
    const found = old.prepare(`SELECT ${columns} FROM entry`).get();
    if (layout > 1)
      expect({ ...found }).toEqual({
        ...{ rental_object_id: 7, client_id: 8, is_archived: 0 },
        ...{ first_day: "1900-01-01", last_day: "2026-02-28" },
      });
    for (const database of [old, fresh]) database.close();
  },
);

describeWithPostgres("in PostgreSQL", () => {
  test.each(postgres.migrations.slice(0, -1).map((_, index) => index + 1))(
    "a schema of layout %i becomes one of this version",
    async (layout) => {
      const { url, ask } = await startPostgres();
      const address = (schema: string) => ({ url, schema, timeout: 60_000 });
      const tablesOf = (schema: string) =>
        ask(
          `SELECT c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, a.attgenerated,
             replace(pg_get_expr(d.adbin, d.adrelid), '${schema}.', '') AS value
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
           WHERE c.relnamespace = '${schema}'::regnamespace AND c.relkind IN ('r', 'i') ORDER BY 1, 3`,
        );
      const texts = [...postgres.migrations.slice(0, layout), about(layout)];
      await ask(`CREATE SCHEMA alma; SET search_path = alma; ${texts.join(";")};
        INSERT INTO entry (key, seq, kind, id, shown) VALUES ('k', 1, 'tenantContract', 1, '${contract}')`);
      expect(await postgres.checkPostgres(address("alma"), identity, log)).toBe(true);
      expect(await postgres.checkPostgres(address("fresh"), identity, log)).toBe(true);
      expect(await tablesOf("alma")).toEqual(await tablesOf("fresh"));
      await makeViews(address("alma"), log);
      for (const view of views) await ask(`SELECT * FROM ${view}`);
      expect(
        await ask(
          `SELECT rental_object_id, client_id, is_archived, first_day::text, last_day::text FROM entry`,
        ),
      ).toEqual([
        {
          ...{ rental_object_id: "7", client_id: "8", is_archived: false },
          ...{ first_day: "1900-01-01", last_day: "2026-02-28" },
        },
      ]);
    },
  );

  const last = postgres.migrations.length - 1;
  const previous = `CREATE SCHEMA alma; SET search_path = alma; ${[...postgres.migrations.slice(0, last), about(last)].join(";")};`;

  test("an upgrade may take longer than other statements", async () => {
    const { url, ask } = await startPostgres();
    await ask(`${previous} CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); END';
      CREATE EVENT TRIGGER slow ON ddl_command_end EXECUTE FUNCTION slow()`);
    const warn = vi.fn();
    expect(await postgres.checkPostgres({ url, schema: "alma", timeout: 2_000 }, identity, { warn })).toBe(
      true,
    );
    expect(warn).not.toHaveBeenCalled();
  });

  test("an upgrade names who keeps it from the tables, and is made once they are free", async () => {
    const { url, ask } = await startPostgres();
    await ask(previous);
    const reader = new pg.Client({ connectionString: url, application_name: "bi" });
    onTestFinished(() => reader.end());
    await reader.connect();
    await reader.query("BEGIN; SELECT * FROM alma.beat");
    const warn = vi.fn();
    const check = () => postgres.checkPostgres({ url, schema: "alma", timeout: 2_000 }, identity, { warn });
    expect(await check()).toBe(false);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      {
        reason: expect.stringMatching(
          /waits until others end their transactions: alma, process \d+, idle in transaction\.$/,
        ),
      },
      expect.any(String),
    );
    await reader.query("COMMIT");
    expect(await check()).toBe(true);
  });
});
