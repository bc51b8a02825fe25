import { expect, onTestFinished, test, vi } from "vitest";
import { leaseInput, ownerInput } from "../../graph/start.ts";
import { advance } from "../../support/clock.ts";
import { startGateway } from "../../support/gateway.ts";
import { has } from "../../support/has.ts";
import { describeWithPostgres } from "../../support/postgres.ts";
import { storeFolder } from "../sqlite/folder.ts";
import { runSql } from "../sqlite/run-sql.ts";
import { watchedFile } from "../sqlite/watched-file.ts";
import { copyToPostgres } from "./postgres-copy.ts";

/** A gateway on a file, by default without a key, that has read a portfolio. */
async function stored(key = "off") {
  const { path } = await storeFolder();
  const env = { CATALOG: "on", STORE_URL: `sqlite:${path}`, STORE_KEY: key };
  const gateway = await startGateway({ size: 1 }, env);
  onTestFinished(() => gateway.close());
  await gateway.warm();
  const sql = (query: string) => runSql(path, query);
  await vi.waitFor(() => expect(sql("SELECT count(*) AS n FROM unit")).not.toEqual([{ n: 0 }]));
  return { ...gateway, path, sql };
}

/** The same request in both languages: a query for all records of a kind, and the columns of its view. */
const kinds: readonly [view: string, query: string, columns: string][] = [
  [
    "building",
    "buildings(first: 10000) { nodes { almaId name address isArchived numberOfUnits project { almaId } } }",
    "id, name, address, is_archived, number_of_units, project_id",
  ],
  [
    "unit",
    "units(first: 10000) { nodes { almaId name externalId status isArchived internalArea numberOfBedrooms goalRentCost propertyType { value } building { almaId } } }",
    "id, name, external_id, status, is_archived, internal_area, number_of_bedrooms, goal_rent_cost, property_type, building_id",
  ],
  [
    "room",
    "rooms(first: 10000) { nodes { almaId name header status isArchived goalRentCost unit { almaId } building { almaId } } }",
    "id, name, header, status, is_archived, goal_rent_cost, parent_unit_id, building_id",
  ],
  [
    "client",
    "clients(first: 10000) { nodes { almaId firstName lastName status country { value } } }",
    "id, first_name, last_name, status, country",
  ],
  [
    "owner_contract",
    "ownerContracts(first: 10000) { nodes { almaId number startDate endDate workModel client { almaId } rentalObject { almaId } unitUsage { usageId clientType isArchived } } }",
    "id, number, start_date, end_date, work_model, client_id, rental_object_id, usage_id, client_type, is_archived",
  ],
  [
    "tenant_contract",
    "tenantContracts(first: 10000) { nodes { almaId number startDate endDate price typeContract client { almaId } rentalObject { almaId } } }",
    "id, number, start_date, end_date, price, type_contract, client_id, rental_object_id",
  ],
];

/** A value prepared for comparison: numbers and numeric texts are equal; empty values are null. */
const comparable = (value: unknown): unknown => {
  if (value === "" || (Array.isArray(value) && value.length === 0)) return null;
  if (typeof value === "boolean") return Number(value);
  return typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
};

/** A record's values in order, including those of nested objects. */
const values = (record: object): unknown[] =>
  Object.values(record).flatMap((value) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? values(value)
      : [comparable(value)],
  );

test("the views show every record as the graph does, in typed columns", async () => {
  const { query, sql } = await stored();
  for (const [view, selection, columns] of kinds) {
    const [{ nodes }] = Object.values((await query(`{ ${selection} }`)).data) as [{ nodes: object[] }];
    const expected = nodes.map(values).sort(([a], [b]) => Number(a) - Number(b));
    expect(expected.length).toBeGreaterThan(0);
    await vi.waitFor(() =>
      expect(sql(`SELECT ${columns} FROM ${view} ORDER BY id`).map(values)).toEqual(expected),
    );
  }
  const types =
    "typeof(internal_area) AS area, typeof(building_id) AS building, typeof(is_archived) AS archived";
  for (const { area, building, archived } of sql(
    `SELECT DISTINCT ${types} FROM unit WHERE internal_area > 0`,
  ))
    expect([area, building, archived]).toEqual([expect.stringMatching(/integer|real/), "integer", "integer"]);
});

test("amounts of any size are exact in SQLite, as texts", async () => {
  const { data, path, start } = await watchedFile();
  const amount = "12345678901234567.89";
  // Alma sends amounts as texts too.
  data.units.change(1, { goal_rent_cost: amount as unknown as number });
  const { read } = await start();
  await read();
  const stored = () => runSql(path, "SELECT goal_rent_cost_text AS text FROM unit WHERE id = 1");
  await vi.waitFor(() => expect(stored()).toEqual([{ text: amount }]));
});

test("with STORE_KEY, no Bitrix id is in a view", async () => {
  const { sql } = await stored("7b".repeat(32));
  await vi.waitFor(() =>
    expect(sql("SELECT DISTINCT external_id FROM unit")).toEqual([{ external_id: null }]),
  );
});

test("data that needs a scope is in no view, nor in the tables behind the views", async () => {
  const { data, path, start } = await watchedFile();
  const { read } = await start();
  data.units.change(1, { keybox_code: "4711-secret" });
  await read();
  await vi.waitFor(() => expect(runSql(path, "SELECT id FROM client")).not.toEqual([]));
  const columns = runSql(
    path,
    "SELECT m.name || '.' || p.name AS name FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type = 'view'",
  );
  const names = columns.map(({ name }) => String(name));
  expect(names).toContain("client.last_name");
  expect(
    names.filter((name) => /email|phone|passport|birthday|keybox|password|scan|\.by$/.test(name)),
  ).toEqual([]);
  const shown = JSON.stringify(runSql(path, "SELECT shown FROM entry"));
  expect(shown).toContain("Omar");
  expect(shown).not.toMatch(/omar@example\.com|4711-secret/);
});

if (has("history"))
  test("a record that Alma no longer has is in no view, writes are visible, and changes are in their own view", async () => {
    const { data, path, start } = await watchedFile();
    const { ask, read } = await start();
    data.rooms.insert({ ...data.rooms.get(12), id: 40, name: "9", external_id: "r-40" });
    await read();
    const rooms = () => runSql(path, "SELECT id FROM room").map(({ id }) => id);
    await vi.waitFor(() => expect(rooms()).toContain(40));
    const listed = () => runSql(path, "SELECT id, is_listed FROM room WHERE id = 40");
    expect(listed()).toEqual([{ id: 40, is_listed: 1 }]);
    data.rooms.remove(40);
    await read();
    await vi.waitFor(() => expect(listed()).toEqual([{ id: 40, is_listed: 0 }]));
    const askForIt = () => ask('query @freshness(maxAge: 0) { node(id: "Room:40") { id } }');
    await askForIt();
    expect(rooms()).toContain(40);
    advance(11_000);
    await askForIt();
    await vi.waitFor(() => expect(rooms()).not.toContain(40));
    await ask(
      'mutation { updateUnit(ref: { almaId: 1 }, input: { address: "New" }) { userErrors { message } } }',
    );
    expect(runSql(path, "SELECT event, field FROM record_change WHERE id = 40")).toEqual([
      { event: "UNLISTED", field: null },
      { event: "DISAPPEARED", field: null },
    ]);
    const changed = `SELECT u.name, u.address, c.field, c.after, c.origin, c.is_withheld, c.not_after >= c.not_before AS is_later
    FROM record_change c JOIN unit u ON c.kind = 'unit' AND u.id = c.id WHERE c.field = 'address'`;
    await vi.waitFor(() =>
      expect(runSql(path, changed)).toMatchObject([
        { address: "New", field: "address", after: "New", origin: "WRITE", is_withheld: 0, is_later: 1 },
      ]),
    );
    const [{ at }] = runSql(path, "SELECT not_after AS at FROM record_change WHERE field = 'address'") as [
      { at: string },
    ];
    expect(Math.abs(Date.parse(`${at.replace(" ", "T")}Z`) - Date.now())).toBeLessThan(60_000);
  });

test("an upgrade with other views keeps the views that others built on them in the file", async () => {
  const { path, start } = await watchedFile();
  const first = await start();
  await first.read();
  await first.close();
  runSql(path, "CREATE VIEW vacant AS SELECT * FROM unit", "DELETE FROM about WHERE name = 'views'");
  const { read } = await start();
  await read();
  expect(runSql(path, "SELECT id FROM vacant")).toEqual(runSql(path, "SELECT id FROM unit"));
});

describeWithPostgres("with psql, in PostgreSQL", () => {
  test("the views are the same as in SQLite, with types of its own", async () => {
    const { data, path, start } = await watchedFile();
    const { ask, read } = await start();
    const contracts = `createOwnerContract(input: ${ownerInput("o-1")}) { userErrors { message } }
      createTenantContract(input: ${leaseInput("t-1")}) { userErrors { message } }`;
    await ask(`mutation { ${contracts} }`);
    await read();
    data.units.change(1, { address: "First" });
    data.clients.change(252, { email: "hidden@example.com" });
    await read();
    const guarded = "SELECT seq FROM change WHERE guarded NOT NULL";
    if (has("history")) await vi.waitFor(() => expect(runSql(path, guarded)).toHaveLength(1));
    const psql = await copyToPostgres(path);
    for (const [view, , columns] of kinds) {
      const own = runSql(path, `SELECT ${columns} FROM ${view} ORDER BY id`);
      expect(own.length).toBeGreaterThan(0);
      const rows = psql(`SELECT json_build_array(${columns}) FROM ${view} ORDER BY id;`).trim().split("\n");
      const read = rows.map((row) => JSON.parse(row.replace(/^"|"$/g, "").replaceAll('""', '"')));
      expect(read.map(values)).toEqual(own.map(values));
    }
    const types = "pg_typeof(price), pg_typeof(start_date), pg_typeof(client_id), pg_typeof(is_archived)";
    expect(psql(`SELECT DISTINCT ${types} FROM tenant_contract;`).trim()).toBe("numeric,date,bigint,boolean");
    const comments = `SELECT c.relname, a.attname, col_description(c.oid, a.attnum) AS text FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.relkind = 'v' AND c.relnamespace = 'alma'::regnamespace ORDER BY a.attnum`;
    expect(psql(`SELECT relname, attname FROM (${comments}) c WHERE text IS NULL;`)).toBe(
      "record_change,kind\nrecord_change,id\nrecord_change,event\nrecord_change,field\nrecord_change,before\nrecord_change,after\nrecord_change,origin\n",
    );
    expect(
      psql(`SELECT text FROM (${comments}) c WHERE relname = 'unit' AND attname = 'goal_rent_cost';`).trim(),
    ).toBe("The owner's target rent. Alma states neither currency nor period.");
    const moments = "extract(epoch FROM not_before) * 1000, extract(epoch FROM not_after) * 1000";
    expect(
      psql(`SELECT field, after, ${moments} FROM record_change ORDER BY seq, n;`).replace(/\.0+/g, "").trim(),
    ).toBe(
      runSql(
        path,
        "SELECT field, after, not_before, not_after FROM change WHERE field IS NULL OR field NOT LIKE '#%' ORDER BY seq, n",
      )
        .map((row) => Object.values(row).join(","))
        .join("\n"),
    );
  });
});
