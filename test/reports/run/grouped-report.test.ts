import { expect, test } from "vitest";
import { skipWaiting } from "../../support/clock.ts";
import { startReports } from "./reports.ts";

const rental = { project: 207, external_id: "" };
const contract = { number: "", external_id: "", is_archived: false };
const data = {
  projects: [{ id: 207, name: "Dubai" }],
  buildings: [101, 102].map((id) => ({ id, name: `Tower ${id}`, address: `Road ${id}`, project: 207 })),
  units: [1, 2, 3].map((id) => ({ ...rental, id, building: id === 2 ? 102 : 101, name: `Unit ${id}` })),
  clients: [{ id: 851, first_name: "Tom", last_name: "Bauer", external_id: "" }],
  tenantContracts: [
    {
      ...contract,
      id: 1,
      unit_id: 1,
      client_id: 851,
      start_date: "2026-01-01",
      end_date: "2026-02-28",
      price: "100",
    },
    {
      ...contract,
      id: 2,
      unit_id: 2,
      client_id: 851,
      start_date: "2026-02-01",
      end_date: "2026-02-28",
      price: "20.5",
    },
    {
      ...contract,
      id: 3,
      unit_id: 3,
      client_id: 851,
      start_date: "2026-02-01",
      end_date: "2026-03-31",
      price: "3.25",
    },
  ],
};

const byBuilding = `# title: Rents
# rows: tenantContracts.groups.nodes
# parameters: { building: {}, first: {} }
# columns: { keys.building.name: Building, price.sum: { title: Rent, total: sum } }
# chart: { kind: bar, x: period.from, y: [price.sum] }
query Rents($building: Ref, $first: Int) {
  tenantContracts(filter: { building: $building }) {
    groups(by: [{ field: BUILDING }], over: { from: "2026-01-01", to: "2026-03-31" }, first: $first) {
      nodes { period { from } keys { building { name address } } count price { sum } }
    }
  }
}`;
async function start(env: Record<string, string> = {}) {
  const gateway = await startReports({ rents: byBuilding }, env, { size: 0, data });
  const linesOf = async (query: string) => {
    const { status, text } = await skipWaiting(gateway.get(`rents.csv?_bom=0&_header=0${query}`));
    return status === 200 ? text.trimEnd().split("\r\n") : text;
  };
  return { ...gateway, linesOf };
}

test("groups are rows, with periods, the records of their keys, and sums", async () => {
  const { linesOf, get } = await start();
  expect((await get("rents.csv?_bom=0")).text).toMatch(
    /^period.from,Building,keys.building.address,count,Rent\r\n/,
  );
  expect(await linesOf("")).toEqual([
    "2026-01-01,Tower 101,Road 101,1,100.00",
    "2026-02-01,Tower 101,Road 101,2,103.25",
    "2026-02-01,Tower 102,Road 102,1,20.50",
    "2026-03-01,Tower 101,Road 101,1,3.25",
  ]);
  expect(await linesOf("&building=102")).toEqual(["2026-02-01,Tower 102,Road 102,1,20.50"]);
  expect(await linesOf("&first=2")).toHaveLength(2);
});

test("all groups are rows, whatever the page sizes", async () => {
  const tenants = `# title: Tenants
# rows: rentalObjects.groups.nodes
query Q { rentalObjects { groups(by: [UNIT]) { nodes { keys { unit { name } } count } } } }`;
  const { get, query } = await startReports(
    { tenants },
    { MAX_PAGE: "60" },
    { size: { buildings: 1, units: 130 } },
  );
  const { data: counted } = await query(
    "{ rentalObjects { groups(by: [UNIT]) { totalCount nodes { count } } } }",
  );
  const { totalCount, nodes } = counted.rentalObjects.groups;
  expect([totalCount, nodes.length]).toEqual([130, 60]);
  expect((await get("tenants.ndjson")).text.trimEnd().split("\n")).toHaveLength(130);
});

test("an unreadable record is in no group, and the report is refused unless that is accepted", async () => {
  const { simulator, linesOf, get } = await start({ CATALOG: "off" });
  simulator.faults.add({
    kind: "status",
    status: 500,
    when: ({ path }) => path.endsWith("/tenant_contracts/3/"),
  });
  expect(await linesOf("")).toMatch(
    /^ALMA_\w+: This table would be incomplete.*the first is tenantContracts: .*_partial=1/s,
  );
  expect(await linesOf("&_partial=1")).toEqual([
    "2026-01-01,Tower 101,Road 101,1,100.00",
    "2026-02-01,Tower 101,Road 101,1,100.00",
    "2026-02-01,Tower 102,Road 102,1,20.50",
  ]);
  const { headers } = await skipWaiting(get("rents.csv?_partial=1"));
  expect(headers.get("x-alma-incomplete")).toBe("values=0, lists=1");
  const page = await skipWaiting(get("rents?_partial=1"));
  expect(page.text).toContain("Records may be missing");
});

test("an unreadable record shows as #N/A only in the groups whose key needs it", async () => {
  const { simulator, linesOf } = await start({ CATALOG: "off" });
  simulator.faults.add({ kind: "status", status: 500, when: ({ path }) => path.endsWith("/buildings/101/") });
  expect(await linesOf("")).toMatch(/nodes\.0\.keys\.building\.address/);
  expect(await linesOf("&_partial=1")).toEqual([
    "2026-01-01,Tower 101,#N/A,1,100.00",
    "2026-02-01,Tower 101,#N/A,2,103.25",
    "2026-02-01,Tower 102,Road 102,1,20.50",
    "2026-03-01,Tower 101,#N/A,1,3.25",
  ]);
});

test("a client keeps the same file until the data behind its groups changes", async () => {
  const { get, query } = await start();
  let etag = (await get("rents.csv")).headers.get("etag") ?? "";
  const changes = [
    'updateTenantContract(ref: { almaId: 1 }, input: { price: "7.50" })',
    'updateTenantContract(ref: { almaId: 2 }, input: { endDate: "2026-03-01" })',
    'updateBuilding(ref: { almaId: 102 }, input: { name: "Renamed" })',
    'updateBuilding(ref: { almaId: 101 }, input: { address: "Elsewhere 1" })',
  ];
  for (const change of changes) {
    expect([change, (await get("rents.csv", { "if-none-match": etag })).status]).toEqual([change, 304]);
    const { data: done } = await query(`mutation { done: ${change} { userErrors { message } } }`);
    expect(done.done.userErrors).toEqual([]);
    const next = await get("rents.csv", { "if-none-match": etag });
    expect([change, next.status]).toEqual([change, 200]);
    expect(next.headers.get("etag")).not.toBe(etag);
    etag = next.headers.get("etag") ?? "";
  }
  const other = 'updateClient(ref: { almaId: 851 }, input: { lastName: "Baier" })';
  await query(`mutation { ${other} { userErrors { message } } }`);
  expect((await get("rents.csv", { "if-none-match": etag })).status).toBe(304);
});

test("a chart adds up the groups of a period, and the page has their totals", async () => {
  const { get } = await start();
  const { text } = await get("rents");
  expect(text).toContain("Rent by period.from");
  const numbers = text.slice(text.indexOf("The numbers of the chart"));
  expect(numbers).toMatch(/2026-02-01<\/th><td class="number">123\.75</);
  expect(text).toMatch(/<tfoot>.*227\.00</s);
});

test("a query with groups is a table at /graphql too, with pages as in JSON", async () => {
  const { ask } = await start();
  const groups = (first: string) =>
    `{ tenantContracts { groups(by: [{ field: BUILDING }] ${first}) { nodes { keys { building { name } } count } } } }`;
  const csv = await ask(groups(""), "text/csv");
  expect(csv.text).toBe("keys.building.name,count\r\nTower 101,2\r\nTower 102,1\r\n");
  expect((await ask(groups("first: 1"), "text/csv")).text).toBe(
    "keys.building.name,count\r\nTower 101,2\r\n",
  );
});

test("a sum of no amount is empty where the report counts the amounts", async () => {
  const counted = byBuilding.replace("price { sum }", "price { count sum }");
  const [contract] = data.tenantContracts;
  const unpriced = { ...data, tenantContracts: [{ ...contract, id: 1, price: null }] };
  const { get } = await startReports({ counted, rents: byBuilding }, {}, { size: 0, data: unpriced });
  const rowOf = async (name: string) => (await get(`${name}.csv?_bom=0&_header=0`)).text.split("\r\n")[0];
  expect(await rowOf("counted")).toBe("2026-01-01,Tower 101,Road 101,1,0,");
  expect(await rowOf("rents")).toBe("2026-01-01,Tower 101,Road 101,1,0.00");
  expect((await get("counted.json")).text).toContain('"Rent":null');
});
