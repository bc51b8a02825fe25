import pg from "pg";
import { expect, onTestFinished, test, vi } from "vitest";
import { maintainViews, makeViews } from "../../../src/store/postgres/views.ts";
import { join, ready, startAlma, startStore } from "../../share/members.ts";
import { advance } from "../../support/clock.ts";
import { describeWithPostgres, type Postgres, startPostgres } from "../../support/postgres.ts";

const timeout = 60_000;
const addressOf = ({ url }: Postgres, ms = timeout) => ({ url, schema: "alma", timeout: ms });

/** A view of buildings with these columns, as one version of the gateway creates it, and its fingerprint. */
const version = (columns: Readonly<Record<string, string>>) => ({
  views: [{ name: "house", columns: { id: "id", ...columns }, source: "entry WHERE kind = 'building'" }],
  digest: Object.entries(columns).join(),
});

const textOf = (name: string) => `shown ->> '${name}'`;
const first = version({ name: textOf("name"), address: textOf("address") });

async function startTables() {
  const postgres = await startPostgres();
  await postgres.ask(
    `CREATE SCHEMA alma; CREATE TABLE alma.about (name text PRIMARY KEY, value text NOT NULL);
     CREATE TABLE alma.entry (kind text, id bigint, shown jsonb);
     INSERT INTO alma.entry VALUES ('building', 1, '{"name": "North", "address": "Quay 1", "plot": "7"}')`,
  );
  const warn = vi.fn();
  const make = (views: typeof first) => makeViews(addressOf(postgres), { warn }, views);
  await make(first);
  return { ...postgres, warn, make };
}

/** A reader that has queried within a transaction and leaves it open. */
async function readIdly({ url }: Postgres, query: string) {
  const reader = new pg.Client(url);
  onTestFinished(() => reader.end());
  await reader.connect();
  await reader.query("BEGIN");
  await reader.query(query);
  return reader;
}

describeWithPostgres("views in PostgreSQL, when a version has different ones", () => {
  test("new columns are appended in place, wherever they are declared; views of others stay", async () => {
    const { ask, make, warn } = await startTables();
    await ask("CREATE SCHEMA bi; CREATE VIEW bi.here AS SELECT * FROM alma.house");
    await make(version({ plot: textOf("plot"), address: textOf("address"), name: textOf("name") }));
    expect(await ask("SELECT * FROM alma.house")).toEqual([
      { id: "1", name: "North", address: "Quay 1", plot: "7" },
    ]);
    expect(Object.keys((await ask("SELECT * FROM alma.house"))[0])).toEqual([
      "id",
      "name",
      "address",
      "plot",
    ]);
    expect(await ask("SELECT * FROM bi.here")).toEqual([{ id: "1", name: "North", address: "Quay 1" }]);
    expect(warn).not.toHaveBeenCalled();
  });

  test.each([
    ["a column goes", version({ address: textOf("address") })],
    ["a column has another type", version({ name: `length(${textOf("name")})`, address: textOf("address") })],
  ])("where %s, a view on which others depend stays, and the present one has a number", async (_, next) => {
    const { ask, make, warn } = await startTables();
    await ask(
      "CREATE SCHEMA bi; CREATE VIEW bi.here AS SELECT * FROM alma.house; CREATE VIEW bi.near AS SELECT id FROM alma.house",
    );
    await make(next);
    const old = [{ id: "1", name: "North", address: "Quay 1" }];
    expect(await ask("SELECT * FROM alma.house")).toEqual(old);
    expect(await ask("SELECT * FROM bi.here")).toEqual(old);
    const [present] = await ask("SELECT * FROM alma.house_v2");
    expect(Object.keys(present)).toEqual(["id", ...Object.keys(next.views[0]?.columns ?? {}).slice(1)]);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      { view: "house", newView: "house_v2", dependants: ["bi.here", "bi.near"] },
      expect.stringContaining("depend on it"),
    );
    // It is replaced once nothing depends on it.
    await ask("DROP SCHEMA bi CASCADE");
    await make({ ...next, digest: "again" });
    expect(await ask("SELECT * FROM alma.house")).toEqual([present]);
  });

  test("an upgrade starts despite a reader's idle transaction, and creates the views when it has ended", async () => {
    const alma = await startAlma();
    const postgres = await startStore(alma);
    const current = await join(alma, postgres.url);
    await vi.waitFor(async () => expect(await ready(current)).toBe(true), timeout);
    await current.close();
    await postgres.ask("CREATE SCHEMA bi; CREATE VIEW bi.vacant AS SELECT * FROM alma.unit");
    // The view of an earlier version, which had fewer columns.
    await postgres.ask(
      `DROP VIEW alma.room; CREATE VIEW alma.room AS SELECT id FROM entry WHERE kind = 'room';
       UPDATE about SET value = 'earlier' WHERE name = 'views'`,
    );
    const reader = await readIdly(postgres, "SELECT * FROM alma.room, bi.vacant");
    const next = await join(alma, postgres.url);
    await vi.waitFor(async () => expect(await ready(next)).toBe(true), timeout);
    await vi.waitFor(() => expect(next.messages().join()).toContain("created again in a minute"), timeout);
    const columns = async () => Object.keys((await postgres.ask("SELECT * FROM alma.room LIMIT 1"))[0] ?? {});
    expect(await columns()).toEqual(["id"]);
    await reader.query("COMMIT");
    await vi.waitFor(async () => {
      advance(60_000);
      expect(await columns()).toContain("goal_rent_cost");
    }, timeout);
    expect((await postgres.ask("SELECT count(*)::int AS count FROM bi.vacant"))[0].count).toBeGreaterThan(0);
  }, 120_000);

  test("locked views are not waited for after the gateway has stopped", async () => {
    const tables = await startTables();
    const reader = await readIdly(tables, "SELECT * FROM alma.house");
    const warn = vi.fn();
    const end = maintainViews(addressOf(tables, 1_000), { warn });
    end();
    await vi.waitFor(async () => {
      const others = await tables.ask(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'alma-gateway'",
      );
      expect(others).toEqual([]);
    }, timeout);
    await reader.query("COMMIT");
    expect(warn).not.toHaveBeenCalled();
  });
});
