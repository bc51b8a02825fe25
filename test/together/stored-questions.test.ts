import { readFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { createSeal } from "../../src/store/index.ts";
import { openDatabase } from "../../src/store/sqlite/database.ts";
import { makeViews, migrate } from "../../src/store/sqlite/layout.ts";
import { recordViews, sqlite } from "../../src/store/view/sql-view.ts";
import { storeFolder } from "../store/sqlite/folder.ts";
import { runSql } from "../store/sqlite/run-sql.ts";
import { copyToPostgres, type Psql, startTables } from "../store/view/postgres-copy.ts";
import { day } from "../support/day.ts";
import { startGateway } from "../support/gateway.ts";
import { describeWithPostgres } from "../support/postgres.ts";

type Row = Readonly<Record<string, unknown>>;
type Ask = (sql: string) => readonly Row[];

const [, chapter = ""] = readFileSync("docs/sql.md", "utf8").split("## Ten questions of a week");
/** The queries of docs/sql.md, with days around today. */
const questions = [...chapter.matchAll(/^(\S.*\?)\n\n```sql\n([^`]*);\n```$/gm)].map(
  ([, name = "", sql = ""]) =>
    [
      name,
      sql
        .replaceAll("2026-12-01", day(0))
        .replaceAll("2027-03-01", day(90))
        .replaceAll("2026-11-24", day(-7)),
    ] as const,
);

const inPostgres =
  (psql: Psql): Ask =>
  (sql) =>
    JSON.parse(
      psql(`SELECT coalesce(json_agg(x), '[]') FROM (${sql}) x;`).trim().slice(1, -1).replaceAll('""', '"'),
    );

/** A gateway over a portfolio in which two contracts overlap and a rent has changed, and its file. */
async function startPortfolio() {
  const { path } = await storeFolder();
  const env = { CATALOG: "on", STORE_URL: `sqlite:${path}`, STORE_KEY: "off", PRICE_PERIOD: "month" };
  const gateway = await startGateway({ size: 1 }, env);
  onTestFinished(() => gateway.close());
  const { tenantContracts } = gateway.simulator.data;
  const active = tenantContracts.all().find(({ start_date, end_date, is_archived }) => {
    const [from, to] = [start_date, end_date].map((date) => date?.slice(0, 10) ?? "");
    return !is_archived && from && to && from < day(-1) && to > day(1);
  });
  if (!active) throw new Error("The portfolio has no contract in force.");
  tenantContracts.insert({ ...active, id: 99_000, external_id: "twice", number: "twice" });
  await gateway.warm();
  const input = `ref: { almaId: ${active.id} }, input: { price: "4321.00" }`;
  const { errors } = await gateway.query(
    `mutation { updateTenantContract(${input}) { userErrors { message } } }`,
  );
  expect(errors).toBeUndefined();
  await vi.waitFor(() =>
    expect(
      runSql(path, "SELECT id FROM record_change WHERE field = 'price' AND event = 'CHANGED'"),
    ).not.toEqual([]),
  );
  return { ...gateway, path };
}

/** The graph's answer to a query, by its name: the rows with the columns that it also has. */
async function expectedRows({ query }: Awaited<ReturnType<typeof startPortfolio>>) {
  const { data, errors } = await query(
    `query ($day: Date!, $until: Date!) {
    vacant: rentalObjects(first: 10000, filter: { isVacantOn: $day }) { nodes { almaId vacantSince(on: $day) } }
    buildings: rentalObjects { groups(by: [BUILDING], on: $day) { nodes { keys { building { almaId } } lettable occupied } } }
    inForce: tenantContracts(first: 10000, filter: { state: [ACTIVE] }) {
      nodes { almaId price rentalObject { goalRentCost } }
      groups(by: [{ field: BUILDING }]) { nodes { keys { building { almaId } } count price { sum } } }
    }
    ending: tenantContracts(first: 10000, filter: { isArchived: false, endDate: { gte: $day, lte: $until } }) {
      nodes { almaId endDate }
    }
    clients(first: 10000) { nodes { almaId
      tenantContracts(filter: { state: [ACTIVE] }) { totalCount } ownerContracts(filter: { state: [ACTIVE] }) { totalCount }
    } }
    dataIssues(codes: [TENANT_CONTRACTS_OVERLAP]) { record { ... on TenantContract { almaId } } other { ... on TenantContract { almaId } } }
  }`,
    { day: day(0), until: day(90) },
  );
  expect(errors).toBeUndefined();
  const dayBefore = (date: string) => new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
  type Nodes = (typeof data)[];
  const nodes = (list: { readonly nodes: Nodes }) => list.nodes;
  return {
    "What is vacant?": nodes(data.vacant).map(({ almaId }) => ({ id: almaId })),
    "Until when was it let?": nodes(data.vacant).map(({ almaId, vacantSince }) => ({
      id: almaId,
      last_let: vacantSince && dayBefore(vacantSince),
    })),
    "How much of each building is let?": nodes(data.buildings.groups)
      .filter(({ lettable }) => lettable > 0)
      .map(({ keys, lettable, occupied }) => ({ id: keys.building.almaId, lettable, occupied })),
    "Who rents what?": nodes(data.inForce).map(({ almaId, price }) => ({ id: almaId, price: Number(price) })),
    "Which contracts end in the next 90 days?": nodes(data.ending).map(({ almaId, endDate }) => ({
      id: almaId,
      end_date: endDate,
    })),
    "What rents are agreed on in each building?": nodes(data.inForce.groups).map(
      ({ keys, count, price }) => ({
        id: keys.building.almaId,
        contracts: count,
        rents: Number(price.sum),
      }),
    ),
    "What is let below its target rent?": nodes(data.inForce)
      .filter(({ price, rentalObject }) => Number(price) < Number(rentalObject.goalRentCost))
      .map(({ almaId }) => ({ id: almaId })),
    "Which clients have no contract in force?": nodes(data.clients)
      .filter(
        ({ tenantContracts, ownerContracts }) => tenantContracts.totalCount + ownerContracts.totalCount === 0,
      )
      .map(({ almaId }) => ({ id: almaId })),
    "Which objects are let twice at the same time?": (data.dataIssues as Nodes).map(({ record, other }) => {
      const [id, other_id] = [record.almaId, other.almaId].sort((one, two) => one - two);
      return { id, other_id };
    }),
    "Which rents have changed within a week?": [{ after: "4321.00" }],
  };
}

const sorted = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).sort();

async function compare(portfolio: Awaited<ReturnType<typeof startPortfolio>>, ask: Ask) {
  const expected: Readonly<Record<string, readonly Row[]>> = await expectedRows(portfolio);
  expect(questions.map(([name]) => name)).toEqual(Object.keys(expected));
  for (const [name, sql] of questions) {
    const rows = expected[name] ?? [];
    expect(rows.length, name).toBeGreaterThan(0);
    const columns = Object.keys(rows[0] ?? {});
    const found = ask(sql).map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
    expect(sorted(found), name).toEqual(sorted(rows));
  }
}

test("the questions in the documentation have the answers of the graph, in SQLite", async () => {
  const portfolio = await startPortfolio();
  await compare(portfolio, (sql) => runSql(portfolio.path, sql));
}, 60_000);

/** Statements that write 100,000 records, and 200,000 changes of a year, in rows of `columns`. `asJson` returns a text as the table stores it. */
const manyRecords = (columns: string, values: string, asJson: (text: string) => string) => {
  const object = (fields: Readonly<Record<string, string>>) =>
    `'{${Object.entries({ isListed: "'true'", isArchived: "'false'", ...fields })
      .map(([field, value]) => `"${field}": "' || ${value} || '"`)
      .join(", ")}}'`;
  const dayOf = (number: string) =>
    `(2026 + ${number} % 3) || '-' || (10 + ${number} % 3) || '-' || (10 + ${number} % 18)`;
  const contract = {
    rentalObject: "(1 + i * 7 % 25000)",
    client: "(1 + i % 25000)",
    startDate: dayOf("i"),
    endDate: dayOf("(i + 1)"),
    price: "(1000 + i % 9000)",
    number: "i",
  };
  const kinds: readonly (readonly [
    kind: string,
    first: number,
    last: number,
    fields: Readonly<Record<string, string>>,
  ])[] = [
    ["building", 1, 500, { name: "i" }],
    [
      "unit",
      1,
      15_000,
      {
        name: "i",
        building: "(1 + i % 500)",
        isUsedAdditionalExternalId: "'false'",
        goalRentCost: "(2000 + i % 8000)",
      },
    ],
    [
      "room",
      15_001,
      25_000,
      {
        name: "i",
        building: "(1 + i % 500)",
        parentUnit: "(1 + i % 5000)",
        goalRentCost: "(1000 + i % 3000)",
      },
    ],
    ["client", 1, 25_000, { firstName: "i", lastName: "i" }],
    ["ownerContract", 1, 9_500, { ...contract, rentalObject: "(1 + i % 15000)" }],
    ["tenantContract", 1, 40_000, contract],
  ];
  const records = kinds.map(
    ([kind, first, last, fields]) =>
      `INSERT INTO entry (${columns}, key, kind, id, shown) WITH RECURSIVE n (i) AS (SELECT ${first} UNION ALL SELECT i + 1 FROM n WHERE i < ${last})
       SELECT ${values}, '${kind}' || i, '${kind}', i, ${asJson(object(fields))} FROM n`,
  );
  const yearAgo = Date.now() - 365 * 86_400_000;
  const changes = `INSERT INTO change (seq, n, kind, id, event, field, before, after, not_before, not_after, origin, started, ended)
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
     SELECT i, 0, 'tenantContract', 1 + i % 40000, 'CHANGED', CASE i % 2 WHEN 0 THEN 'price' ELSE 'number' END, 'x', 'y',
       ${yearAgo}.0 + i * 157680.0, ${yearAgo}.0 + i * 157680.0, 'SEEN', 0, 0 FROM n`;
  return [...records, changes];
};

/** Other queries that analysts typically write first. */
const obvious = [
  "SELECT id FROM unit u WHERE NOT EXISTS (SELECT 1 FROM tenant_contract c WHERE c.rental_object_id = u.id AND c.end_date >= '2026-12-01')",
  "SELECT id FROM room WHERE id NOT IN (SELECT rental_object_id FROM tenant_contract) AND parent_unit_id NOT IN (SELECT rental_object_id FROM tenant_contract)",
  "SELECT u.id FROM unit u LEFT JOIN tenant_contract c ON c.rental_object_id = u.id AND c.end_date >= '2026-12-01' WHERE c.id IS NULL",
  `SELECT c.id FROM tenant_contract c LEFT JOIN room r ON r.id = c.rental_object_id
   JOIN unit u ON u.id = coalesce(r.parent_unit_id, c.rental_object_id) JOIN building b ON b.id = u.building_id`,
  "SELECT id FROM client WHERE id IN (SELECT client_id FROM owner_contract WHERE end_date >= '2026-12-01')",
  "SELECT u.id, (SELECT max(end_date) FROM tenant_contract c WHERE c.rental_object_id = u.id) FROM unit u",
  `SELECT u.id FROM unit u WHERE NOT EXISTS (SELECT 1 FROM tenant_contract c JOIN rental_object o ON o.id = c.rental_object_id
   WHERE o.unit_id = u.id AND '2026-12-01' BETWEEN c.first_day AND c.last_day)`,
  `SELECT id FROM rental_object WHERE is_lettable
   EXCEPT SELECT rental_object_id FROM letting WHERE '2026-12-01' BETWEEN first_day AND last_day`,
  `SELECT o.id FROM rental_object o LEFT JOIN letting l ON l.rental_object_id = o.id AND '2026-12-01' BETWEEN l.first_day AND l.last_day
   WHERE o.is_lettable GROUP BY o.id HAVING count(l.tenant_contract_id) = 0`,
  `SELECT DISTINCT a.client_id FROM tenant_contract a LEFT JOIN tenant_contract b ON b.client_id = a.client_id AND b.last_day >= '2026-12-01'
   WHERE a.end_date < '2026-12-01' AND b.id IS NULL`,
  "SELECT client_id FROM tenant_contract GROUP BY client_id HAVING max(last_day) < '2026-12-01'",
];
const statements = [...questions.map(([, sql]) => sql), ...obvious].map(
  (sql) => `SELECT count(*) FROM (${sql}) x`,
);

/** The documented `statement_timeout` for analysts: without indexes, these queries run longer. */
const TIMEOUT = "60s";

test("questions are answered in time among 100,000 records, in SQLite", async () => {
  const { path } = await storeFolder();
  const database = openDatabase(path, false);
  migrate(database, { almaUrl: "http://alma.example.com", entryFormat: "1", seal: createSeal(undefined) });
  makeViews(database, recordViews(sqlite));
  for (const statement of manyRecords("value", "zeroblob(500)", (text) => text)) database.exec(statement);
  database.close();
  for (const statement of statements) expect(runSql(path, statement), statement).toHaveLength(1);
}, 240_000);

describeWithPostgres("with psql, in PostgreSQL", () => {
  test("the questions in the documentation have the answers of the graph", async () => {
    const portfolio = await startPortfolio();
    await compare(portfolio, inPostgres(await copyToPostgres(portfolio.path)));
  }, 60_000);

  test("questions are answered in time among 100,000 records", async () => {
    const psql = await startTables();
    psql(`${manyRecords("seq", "1", (text) => `CAST(${text} AS jsonb)`).join(";")}; ANALYZE;`);
    for (const statement of statements)
      expect(psql(`SET statement_timeout = '${TIMEOUT}'; ${statement};`), statement).toMatch(/^\d+$/m);
  }, 240_000);
});
