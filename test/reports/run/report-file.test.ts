import { unzipSync } from "fflate";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { listReports } from "../../../src/capabilities/reports/definition/report.ts";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { keyEnv, keys } from "../../server/access/scoped-graph.ts";
import { day } from "../../support/day.ts";
import { hasPython, readCsv, readWorkbook } from "../../support/python.ts";
import { startReports, unitsReport } from "./reports.ts";

const unitRows = [
  ["2104", 12.22, "Marina Heights"],
  ["2105", 0, "Marina Heights"],
];

describe("the file of a report", () => {
  test.skipIf(!hasPython)("has the same rows in every format", async () => {
    const { get, asked } = await startReports({ units: unitsReport });
    const csv = await get("units.csv");
    expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(csv.text.startsWith("\uFEFF")).toBe(true);
    expect(readCsv(csv.bytes)).toEqual([
      ["Unit", "Goal", "Building"],
      ["2104", "12.22", "Marina Heights"],
      ["2105", "0.00", "Marina Heights"],
    ]);
    const objects = unitRows.map(([Unit, Goal, Building]) => ({ Unit, Goal, Building }));
    expect(JSON.parse((await get("units.json")).text)).toEqual(objects);
    const lines = (await get("units.ndjson")).text.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(objects);
    const { bytes } = await get("units.parquet");
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    expect(await parquetReadObjects({ file })).toEqual(objects);
    const xlsx = await get("units.xlsx");
    expect(xlsx.headers.get("content-encoding")).toBeNull();
    const { sheets, names } = readWorkbook(xlsx.bytes);
    expect(names).toEqual(["Units", "About"]);
    expect(sheets[0]?.map((row) => row.map(([, , , value]) => value))).toEqual([
      ["Unit", "Goal", "Building"],
      ["2104", "12.22", "Marina Heights"],
      ["2105", "0.00", "Marina Heights"],
      ["Total", "12.22"],
    ]);
    const about = Object.fromEntries((sheets[1] ?? []).map(([label, value]) => [label?.[3], value?.[3]]));
    expect(about).toMatchObject({
      Title: "Units",
      name: "",
      Rows: "2",
      Complete: "yes",
      "Data as of (Asia/Dubai)": expect.stringMatching(/^4\d{4}\.\d+$/),
      "Total of Goal": "12.22",
    });
    expect(Object.keys(unzipSync(xlsx.bytes))).toContain("xl/workbook.xml");
    expect(asked()).toEqual([]);
  });

  test.each([
    ["on=2026-01-31&building=Building:1075", "rent-roll-2026-01-31-building-1075"],
    ["on=startOfYear&building=", `rent-roll-${day(0).slice(0, 4)}-01-01`],
    ["", `rent-roll-${day(0)}`],
  ])("is named by the parameters of the report: %s", async (query, name) => {
    const { get } = await startReports(undefined);
    for (const method of ["GET", "HEAD"]) {
      const { headers } = await get(`rent-roll.csv?_maxAge=0&${query}`, {}, method);
      const title = name.replace("rent-roll", "Rent%20roll").replace("-building-", "%20building%20");
      expect(headers.get("content-disposition")).toBe(
        `attachment; filename="${name}.csv"; filename*=UTF-8''${title.replace(/roll-/, "roll%20")}.csv`,
      );
    }
  });

  test("is named after the chosen parameters, and not shared by caches", async () => {
    const { get } = await startReports({
      units: unitsReport
        .replace("title: Units", "title: Wohnungen für alle")
        .replace("# columns", "# parameters: { archived: { default: false } }\n# columns"),
    });
    const { headers } = await get("units.csv");
    expect(headers.get("content-disposition")).toBe(
      `attachment; filename="units.csv"; filename*=UTF-8''Wohnungen%20f%C3%BCr%20alle.csv`,
    );
    expect(headers.get("cache-control")).toBe("private, no-cache");
    expect(headers.get("vary")).toMatch(/Authorization, X-Api-Key/);
    expect(headers.get("x-alma-calls")).toBe("0");
    const chosen = await get("units.csv?archived=true&name=a/b");
    expect(chosen.headers.get("content-disposition")).toContain(
      'filename="units-name-a_b-archived-true.csv"',
    );
  });

  test("has all rows, whatever the page sizes", async () => {
    const { get } = await startReports(
      {
        units: unitsReport,
        expanded: `# title: Rooms\n# rows: buildings.nodes\n# expand: units.nodes\nquery Q { buildings { nodes { name units { nodes { name } } } } }`,
      },
      { MAX_PAGE: "60" },
      { size: { buildings: 1, units: 130 } },
    );
    expect((await get("units.json")).text.split("\n")).toHaveLength(133);
    expect((await get("expanded.ndjson")).text.trimEnd().split("\n")).toHaveLength(130);
  });

  test("has a row for each item of an expanded list, and one for an empty list", async () => {
    const { get } = await startReports({
      rooms: `# title: Rooms\n# rows: units.nodes\n# expand: rooms.nodes\nquery Rooms { units(orderBy: [{ field: NAME }]) { nodes { name rooms { nodes { name number } } } } }`,
    });
    expect((await get("rooms.csv?_bom=0")).text.split("\r\n")).toEqual([
      "name,rooms.nodes.name,rooms.nodes.number",
      "2104,,",
      "2105,Bed 2,",
      "2105,Bed 1,1",
      "",
    ]);
  });

  test("has its titles without any rows", async () => {
    const { get } = await startReports({ units: unitsReport });
    expect((await get("units.csv?_bom=0&name=none")).text).toBe("Unit,Goal,Building\r\n");
    expect((await get("units.json?name=none")).text).toBe("[]\n");
    expect((await get("units.parquet?name=none")).status).toBe(200);
    expect((await get("units.xlsx?name=none")).status).toBe(200);
  });

  test("reads data too old for _maxAge once, and reports its age", async () => {
    const { get, asked } = await startReports({ units: unitsReport });
    expect((await get("units.csv?_maxAge=86400")).status).toBe(200);
    expect(asked()).toEqual([]);
    const fresh = await get("units.csv?_maxAge=0");
    expect(fresh.status).toBe(200);
    expect(Number(fresh.headers.get("x-alma-calls"))).toBeGreaterThan(0);
    expect(asked().length).toBe(Number(fresh.headers.get("x-alma-calls")));
  });
});

describe("a file that a client already has", () => {
  test("is not sent again while nothing has changed, without a run", async () => {
    const { get, simulator, query, lines } = await startReports(
      { units: unitsReport },
      { LOG_LEVEL: "info" },
    );
    const first = await get("units.csv");
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\//);
    const runs = () => lines("operation").filter(({ kept }) => !kept).length;
    const before = runs();
    const again = await get("units.csv", { "if-none-match": etag });
    expect([again.status, again.text, again.headers.get("etag")]).toEqual([304, "", etag]);
    expect(runs()).toBe(before);
    expect(lines("operation").at(-1)).toMatchObject({
      operation: "Units",
      kind: "query",
      kept: true,
      calls: 0,
    });
    expect((await get("units.csv?name=21", { "if-none-match": etag })).status).toBe(200);
    expect((await get("units.json", { "if-none-match": etag })).status).toBe(200);
    await query(
      'mutation { updateUnit(ref: { almaId: 9192 }, input: { goalRentCost: "7.50" }) { userErrors { code } } }',
    );
    const changed = await get("units.csv", { "if-none-match": etag });
    expect(changed.status).toBe(200);
    expect(changed.text).toContain("2105,7.5");
    expect(simulator.data.units.get(9192)?.goal_rent_cost).toBe(7.5);
    expect(changed.headers.get("etag")).not.toBe(etag);
  });

  test("is sent again after a change of the report's document", async () => {
    const before = await startReports({ units: unitsReport });
    const after = await startReports({ units: unitsReport.replace("title: Goal", "title: Target") });
    const headers = { "if-none-match": (await before.get("units.csv")).headers.get("etag") ?? "" };
    expect((await before.get("units.csv", headers)).status).toBe(304);
    const { status, text } = await after.get("units.csv", headers);
    expect([status, text]).toEqual([200, expect.stringContaining("Target")]);
  });

  test("is sent again the next day, and to another caller with other scopes", async () => {
    const { get } = await startReports({ units: unitsReport }, keyEnv);
    const asReader = await get("units.csv", { "x-api-key": keys.read.key });
    const asOther = await get("units.csv", { "x-api-key": keys.personal.key });
    expect(asReader.status).toBe(200);
    expect(asOther.headers.get("etag")).not.toBe(asReader.headers.get("etag"));
  });
});

describe("HEAD", () => {
  test("checks the address without a run, and gives the headers of the file", async () => {
    const { get, asked } = await startReports({ units: unitsReport }, { CATALOG: "off" });
    const head = await get("units.csv?name=2", {}, "HEAD");
    expect([head.status, head.text, head.headers.get("content-type")]).toEqual([
      200,
      "",
      "text/csv; charset=utf-8",
    ]);
    expect(head.headers.get("content-disposition")).toContain("units-name-2.csv");
    expect(asked()).toEqual([]);
    expect((await get("units.csv?nme=2", {}, "HEAD")).status).toBe(400);
    expect((await get("nothing.csv", {}, "HEAD")).status).toBe(404);
  });

  test("is refused to a key without the scopes of the columns", async () => {
    const report = "# title: Clients\n# rows: clients.nodes\nquery Clients { clients { nodes { email } } }";
    const { get } = await startReports({ clients: report }, keyEnv);
    for (const method of ["GET", "HEAD"]) {
      expect((await get("clients.csv", { "x-api-key": keys.read.key }, method)).status).toBe(403);
      expect((await get("clients.csv", { "x-api-key": keys.personal.key }, method)).status).toBe(200);
      expect((await get("clients.csv", {}, method)).status).toBe(401);
    }
    expect((await get("clients.csv", { "x-api-key": keys.read.key })).text).toMatch(
      /^FORBIDDEN: .*Client\.email/,
    );
  });
});

describe("the address of a report", () => {
  test.each([
    ["units.csv?name=a&name=b", /name is given 2 times/],
    ["units.csv?nam=a", /no parameter "nam".*name, archived/],
    ["units.csv?archived=yes", /archived.*Write true or false/],
    ["units.csv?_bom=yes", /_bom is "yes", and is either 0 or 1/],
    ["units.csv?_bom=1&_bom=0", /_bom is given 2 times/],
    ["units.csv?_locale=xx-1", /_locale.*not a language/],
    ["units.csv?_maxAge=-1", /_maxAge.*seconds/],
    ["units.csv?_format=csv", /no parameter "_format"/],
    ["units.xlsx?_locale=de", /_locale changes only CSV/],
    ["units.csv?__proto__=1", /no parameter "__proto__"/],
  ])("%s is refused with a sentence, as text", async (file, reason) => {
    const { get } = await startReports({ units: unitsReport });
    const { status, text, headers } = await get(file);
    expect(status).toBe(400);
    expect(text).toMatch(reason);
    expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("content-disposition")).toBeNull();
  });

  test("without a format, with an unknown name, or of a broken document, lists the available ones", async () => {
    const { get, lines } = await startReports(
      { units: unitsReport, broken: unitsReport.replace("goalRentCost", "gaolRentCost") },
      { LOG_LEVEL: "warn" },
    );
    expect((await get("unit.csv")).text).toMatch(/no report "unit".*broken, units/);
    expect((await get("units.txt")).text).toMatch(/\.csv, \.xlsx, \.ndjson, \.json, \.parquet/);
    expect((await get("units.pdf")).status).toBe(404);
    const broken = await get("broken.csv");
    expect(broken.status).toBe(503);
    expect(broken.text).toMatch(/broken is disabled until its document is fixed: .*gaolRentCost/s);
    expect((await get("units.csv")).status).toBe(200);
    expect(lines().some(({ report, msg }) => report === "broken" && /gaolRentCost/.test(String(msg)))).toBe(
      true,
    );
  });

  test("accepts dates, refs, enums and lists, and omits what is empty", async () => {
    const contracts = `# title: Contracts
# rows: tenantContracts.nodes
# parameters: { on: { default: today } }
query Contracts($on: Date, $client: Ref, $state: [ContractState!]) {
  tenantContracts(filter: { activeOn: $on, client: $client, state: $state }, orderBy: [{ field: ALMA_ID }]) { nodes { almaId } }
}`;
    const { get } = await startReports({ contracts });
    const idsOf = async (query: string) => {
      const { text, status } = await get(`contracts.csv?_bom=0&_header=0${query}`);
      return status === 200 ? text.trimEnd().split("\r\n").filter(Boolean) : text;
    };
    expect(await idsOf("")).toEqual(["969"]);
    expect(await idsOf("&on=")).toEqual(["969", "970"]);
    expect(await idsOf("&on=+125d")).toEqual(["970"]);
    expect(await idsOf(`&on=${day(130)}`)).toEqual(["970"]);
    expect(await idsOf("&on=-100d")).toEqual([]);
    expect(await idsOf("&on=&client=851")).toEqual(["969", "970"]);
    expect(await idsOf("&on=&client=Client:256")).toEqual([]);
    expect(await idsOf("&on=&client=bitrix:02_02")).toEqual(["969", "970"]);
    expect(await idsOf("&on=&state=PLANNED")).toEqual(["970"]);
    expect(await idsOf("&on=&state=PLANNED&state=ACTIVE")).toEqual(["969", "970"]);
    expect(await idsOf("&on=&state=")).toEqual(["969", "970"]);
    expect(await idsOf("&state=planned")).toMatch(/state.*Write one of/);
    expect(await idsOf("&client=Unit:1")).toMatch(/Unit:1/);
    expect(await idsOf("&client=some")).toMatch(/client.*Building:1075/);
    expect(await idsOf("&on=2026-02-30")).toMatch(/2026-02-30/);
    expect(await idsOf("&on=soon")).toMatch(/YYYY-MM-DD/);
  });

  test.each([
    ["rent-roll.csv?building=999999", "filter.building: Alma has no Building 999999. Name another."],
    [
      "rent-roll.csv?building=bitrix:none",
      'filter.building: Alma has no Building with the Bitrix id "none". Name another.',
    ],
    ["vacancies?building=Building:999999", "<p>Alma has no Building 999999. Name another."],
    ["occupancy.json?building=999999", "filter.building: Alma has no Building 999999. Name another."],
    ["income.xlsx?building=999999", "filter.building: Alma has no Building 999999. Name another."],
    ["owner-statement.csv?owner=999999", "filter.client: Alma has no Client 999999. Name another."],
  ])(
    "of a building or an owner that does not exist is an error that names it: %s",
    async (address, message) => {
      for (const CATALOG of ["on", "off"]) {
        const { get } = await startReports(undefined, { CATALOG });
        const { status, text } = await get(address);
        expect(status).toBe(400);
        expect(text.replaceAll("&quot;", '"')).toContain(message);
      }
    },
  );

  test("of a building that exists costs no further call, and may have no rows", async () => {
    const { get, asked } = await startReports(undefined);
    for (const address of [
      "ends.csv?building=1088&from=2001-01-01&until=2001-01-02",
      "rent-roll.csv?building=1088",
    ]) {
      const { status, headers } = await get(address);
      expect([status, headers.get("x-alma-calls"), asked()]).toEqual([200, "0", []]);
    }
  });

  test("with a missing required parameter names it", async () => {
    const report = `# title: Of a building\n# rows: building.units.nodes\nquery Q($b: Ref!) { building(ref: $b) { units { nodes { name } } } }`;
    const { get } = await startReports({ building: report });
    expect((await get("building.csv")).text).toMatch(/: b has no value.*add b=/);
    expect((await get("building.csv?b=")).status).toBe(400);
    expect((await get("building.csv?b=1088&_bom=0&_header=0")).text.trimEnd().split("\r\n").sort()).toEqual([
      "2104",
      "2105",
    ]);
    const unknown = await get("building.csv?b=999999");
    expect([unknown.status, unknown.text]).toEqual([
      400,
      "BAD_USER_INPUT: building: Alma has no Building 999999. Name another.\n",
    ]);
  });

  test("formats numbers for a language", async () => {
    const { get } = await startReports({ units: unitsReport });
    expect((await get("units.csv?_locale=de&_bom=0&_header=0")).text).toBe(
      "2104;12,22;Marina Heights\r\n2105;0,00;Marina Heights\r\n",
    );
    expect((await get("units.csv?_locale=de-CH&_bom=0&_header=0")).text).toContain("2104,12.22,");
    expect((await get("units.csv?_locale=ar&_bom=0&_header=0")).text).toContain("2104");
  });
});

test("a link returns its report with its parameters, and is not cached", async () => {
  const { createLink } = await import("../../../src/server/access/link.ts");
  const { record: key } = createApiKey("Owner", ["read"], null);
  const { link, record } = createLink({ file: "units.csv", query: "name=2104&_bom=0" }, ["read"], null);
  const { send } = await startReports(
    { units: unitsReport },
    { API_KEYS: JSON.stringify([{ ...key, links: [record] }]) },
  );
  const given = await send(`/links/${link}/units.csv`);
  expect(given.text).toBe("Unit,Goal,Building\r\n2104,12.22,Marina Heights\r\n");
  expect(given.headers.get("cache-control")).toBe("no-store");
  expect(
    (
      await send(`/links/${link}/units.csv`, {
        headers: { "if-none-match": given.headers.get("etag") ?? "" },
      })
    ).status,
  ).toBe(304);
  expect((await send(`/links/${link}/units.json`)).status).toBe(404);
});

test("a link opens a page too, without navigation", async () => {
  const { createLink } = await import("../../../src/server/access/link.ts");
  const { record: key } = createApiKey("Owner", ["read"], null);
  const [page, wrong] = [
    createLink({ file: "units", query: "name=2104" }, ["read"], null),
    createLink({ file: "units", query: "nothing=1" }, ["read"], null),
  ];
  const { send } = await startReports(
    { units: `# chart: { kind: bar, x: name, y: [goalRentCost] }\n${unitsReport}` },
    { API_KEYS: JSON.stringify([{ ...key, links: [page.record, wrong.record] }]) },
  );
  const html = { headers: { accept: "text/html" } };
  const shown = await send(`/links/${page.link}/units`, html);
  expect(shown.status).toBe(200);
  expect(shown.text).toContain("2104");
  expect(shown.text).not.toContain("2105");
  expect(shown.headers.get("cache-control")).toBe("no-store");
  const refused = await send(`/links/${wrong.link}/units`, html);
  expect(refused.status).toBe(400);
  for (const { text } of [shown, refused]) {
    const paths = [...text.matchAll(/(?:href|action)="([^"#][^"]*)/g)].map(([, path = ""]) => path);
    expect(paths.filter((path) => !/^\/(assets|links)\//.test(path))).toEqual([]);
  }
  expect((await send(`/links/${page.link}/units?name=2105`, html)).status).toBe(400);
  expect((await send(`/links/${page.link}/units.csv`)).status).toBe(404);
});

test("the built-in reports each answer without parameters", async () => {
  const { get } = await startReports(undefined);
  const { text } = await get("rent-roll.csv?_bom=0");
  expect(text).toContain(`,TC-1,Анна,Смирнова,${day(-60)},${day(120)},120,Airbnb,4500.10,,,TenantContract:`);
  const names = [...listReports().keys()];
  expect(names.length).toBeGreaterThan(5);
  for (const name of names) {
    const { status, text: rows } = await get(`${name}.csv`);
    expect([name, status, status === 200 ? "" : rows]).toEqual([name, 200, ""]);
  }
});

test("an unreadable folder prevents the start", async () => {
  await expect(startReports(undefined, { REPORTS: "/nowhere/reports" })).rejects.toThrow(/ENOENT/);
});
