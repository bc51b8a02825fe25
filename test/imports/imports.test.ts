import { zipSync } from "fflate";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, onTestFinished, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { startReports } from "../reports/run/reports.ts";
import { chromiumPath, startBrowser } from "../support/browser.ts";

const CSV = { "content-type": "text/csv" };
const XLSX = { "content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" };
const rowsOf = (csv: string) =>
  csv
    .replace("\uFEFF", "")
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","));

/** A gateway that accepts imports of tables. */
async function startImports(env: Record<string, string> = {}) {
  const gateway = await startReports(undefined, env);
  const { send } = gateway;
  type Body = RequestInit["body"];
  const post = (path: string, body?: Body, headers: Record<string, string> = {}) =>
    send(`/imports/${path}`, { method: "POST", headers, redirect: "manual", ...(body && { body }) });
  /** Waits for a job and returns its rows. */
  const ended = async (path: string, headers: Record<string, string> = {}) => {
    const file = path.replace(/(?=\?)|$/, ".csv");
    for (;;) {
      const { text } = await send(file, { headers });
      if (!text.includes(",to come,")) return rowsOf(text);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const writes = () => gateway.asked().filter((call) => !call.startsWith("GET"));
  return { ...gateway, post, ended, writes };
}

/** A form with a file, as a browser sends it. */
function formOf(text: string, name = "rents.csv"): FormData {
  const form = new FormData();
  form.append("file", new Blob([text]), name);
  return form;
}

describe("a table sent to an import", () => {
  test("is previewed, is written, and then changes nothing more", async () => {
    const { post, ended, writes, query } = await startImports();
    const table = "Unit in Alma;Target rent\r\nUnit:9199;13 500,50\r\n9192;0\r\n1;5\r\n;\r\n";
    const preview = await post("unit-rents?dryRun=1", table, CSV);
    expect([preview.status, rowsOf(preview.text)]).toEqual([
      200,
      [
        ["Unit in Alma", "Target rent", "Row", "State", "Changes", "What is wrong", "Record"],
        [
          "Unit:9199",
          "13500.50",
          "2",
          "can be done",
          '"Target rent: 12.22 → 13500.50',
          ' which is more than ten times different"',
          "",
          '"Marina Heights',
          ' 2104"',
        ],
        [
          "Unit:1",
          "5.00",
          "4",
          "not done",
          "",
          expect.stringContaining("Unit in Alma: Alma has no unit with "),
          expect.anything(),
          "",
        ],
        ["Unit:9192", "0.00", "3", "unchanged", "", "", '"Marina Heights', ' 2105"'],
      ],
    ]);
    expect(writes()).toEqual([]);
    const run = await post("unit-rents", table, CSV);
    expect([run.status, run.headers.get("location")]).toEqual([202, JSON.parse(run.text).page]);
    const states = (await ended(run.headers.get("location") ?? "")).map(([unit, , ...rest]) => [
      unit,
      ...rest.slice(0, 2),
    ]);
    expect(states.slice(1)).toEqual([
      ["Unit:1", "4", "not done"],
      ["Unit:9199", "2", "done"],
      ["Unit:9192", "3", "done"],
    ]);
    expect(writes()).toEqual(["PATCH realty/units/9199/"]);
    expect((await query("{ unit(ref: { almaId: 9199 }) { goalRentCost } }")).data.unit.goalRentCost).toBe(
      "13500.50",
    );
    await ended((await post("unit-rents", table, CSV)).headers.get("location") ?? "");
    expect(writes()).toEqual([]);
  });

  test("is written like the example on a page, and faults of Alma name the column", async () => {
    const { post, ended, send } = await startImports();
    const page = (await send("/imports/new-clients")).text;
    const cells = [...page.matchAll(/<th scope="row">(.*?)<\/th><td>.*?<\/td><td>(.*?)<\/td>/g)];
    const table = [1, 2].map((group) => cells.map((cell) => cell[group]).join(",")).join("\n");
    expect(table).toMatch(/^Bitrix id,.*\n81234,Aisha,/);
    const fate = async (sent: string) =>
      (await ended((await post("new-clients", sent, CSV)).headers.get("location") ?? ""))[1]?.slice(-4, -1);
    expect(await fate(table)).toEqual(["done", "", ""]);
    expect(await fate(table.replace("81234", "81235").replace(/[^,]+@[^,]+/, "x"))).toEqual([
      "not done",
      "",
      "Email: Alma does not accept this value. Alma says: Enter a valid email address.",
    ]);
  });

  test("is not written if its preview had other values", async () => {
    const { post, writes } = await startImports();
    for (const search of ["dryRun=true", "dryRun=", "dryrun=1", "dryRun=1&dryRun=0", "dryRun=1&x="]) {
      const { status, text } = await post(
        `unit-rents?${search}`,
        "Unit in Alma,Target rent\n9199,900\n",
        CSV,
      );
      expect([status, text]).toEqual([400, expect.stringContaining("dryRun=1, which requests a preview")]);
    }
    expect(writes()).toEqual([]);
  });

  test("is previewed with the effects on other records", async () => {
    const { post, writes } = await startImports();
    const { text } = await post("archive-units?dryRun=1", "Unit in Alma\r\n9199\r\n", CSV);
    expect(text).toContain(
      'can be done,"Contracts archived permanently: OC-1; Permanent effects: One contract is archived permanently',
    );
    expect(writes()).toEqual([]);
  });

  test.each([
    ["its own page", "on", "https://gateway.example", 303],
    ["a page of another site", "on", "https://evil.example", 403],
    ["a page of another site that names a host, without a proxy", "", "https://gateway.example", 403],
  ])("behind a proxy is accepted from %s or refused", async (_title, trust, origin, status) => {
    const { post } = await startImports({ TRUST_PROXY: trust, ALLOWED_HOSTS: "gateway.example" });
    const proxy = { "x-forwarded-host": "gateway.example", "x-forwarded-proto": "https" };
    const headers = { ...proxy, origin, accept: "text/html" };
    expect((await post("unit-rents", formOf("Unit in Alma,Target rent\n9199,12\n"), headers)).status).toBe(
      status,
    );
  });

  test("cannot be shown, changed or run as a table of another import", async () => {
    const { post, send, writes } = await startImports();
    const { headers } = await post("block-units?dryRun=1", "Unit in Alma\r\n9199\r\n", CSV);
    const id = headers.get("location")?.split("/").at(-1);
    const foreign = `archive-units/jobs/${id}`;
    const answers = [
      await send(`/imports/${foreign}`),
      await send(`/imports/${foreign}.csv`),
      await send(`/imports/block-units/jobs/${id}?_since=none`),
      ...(await Promise.all(["run", "stop", "resume"].map((action) => post(`${foreign}/${action}`)))),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
    expect(answers[3]?.text).toContain("is of another import, or Archive units has changed since");
    expect(writes()).toEqual([]);
    expect((await post(`block-units/jobs/${id}/run`)).status).toBe(303);
  });

  test("has typed outcomes in each format, with empty cells where nothing was sent", async () => {
    const { post, send } = await startImports();
    const { text } = await send("/reports/rent-roll.json");
    const contract = JSON.parse(text).find((row: Record<string, unknown>) => row["Contract in Alma"]);
    const table = `Contract in Alma,Rent\r\n${contract["Contract in Alma"]},12\r\n`;
    const { headers } = await post("contract-terms?dryRun=1", table, CSV);
    const outcome = async (ending: string) => send(`${headers.get("location")}.${ending}`);
    const own = { "Contract in Alma": contract["Contract in Alma"], From: null, To: null };
    expect(JSON.parse((await outcome("json")).text)).toEqual([expect.objectContaining({ ...own, Rent: 12 })]);
    const { status, bytes } = await outcome("parquet");
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    expect([status, await parquetReadObjects({ file })]).toEqual([
      200,
      [expect.objectContaining({ ...own, Rent: 12 })],
    ]);
  });

  test("may be the file of a report, unchanged or edited, in each readable format", async () => {
    const { get, post, ended, writes } = await startImports();
    const files = {
      csv: CSV,
      xlsx: XLSX,
      json: { "content-type": "application/json" },
      ndjson: { "content-type": "application/x-ndjson" },
    };
    for (const [ending, headers] of Object.entries(files)) {
      const { bytes } = await get(`rent-roll.${ending}`);
      for (const name of ["unit-rents", "contract-terms"]) {
        const { status, headers: sent, text } = await post(name, new Uint8Array(bytes), headers);
        expect([ending, name, status, text]).toEqual([ending, name, 202, expect.anything()]);
        const [, ...rows] = await ended(sent.get("location") ?? "");
        expect(rows.length).toBeGreaterThan(0);
        expect([...new Set(rows.map((row) => row.find((cell) => /done|unknown/.test(cell))))]).toEqual([
          "done",
        ]);
      }
    }
    expect(writes()).toEqual([]);
    const csv = (await get("rent-roll.csv")).text;
    expect(csv).toContain("12.22");
    await ended((await post("unit-rents", csv.replace("12.22", "14000"), CSV)).headers.get("location") ?? "");
    expect(writes()).toEqual(["PATCH realty/units/9199/"]);
  });

  test.each<[string, string, string | Uint8Array, Record<string, string>, string]>([
    [
      "of other columns",
      "unit-rents",
      "Apartment,Target rent\n1,2\n",
      CSV,
      "has the columns Apartment, Target rent, and this import reads Unit in Alma (needed), Target rent",
    ],
    [
      "with a column twice",
      "unit-rents",
      "Unit in Alma,Target rent,target RENT\n1,2,3\n",
      CSV,
      "has the column target RENT twice",
    ],
    ["that is empty", "unit-rents", "", CSV, "The table is empty."],
    [
      "with two columns for one",
      "contract-terms",
      "Contract in Alma,Rent,Price\n5,1,2\n",
      CSV,
      "has the columns Rent and Price, and both are read as Rent",
    ],
    [
      "with a record twice, by two ids",
      "unit-rents",
      "Unit in Alma,Target rent\n9199,1\nUnit:9199,2\n",
      CSV,
      "Row 3, Unit in Alma: is that of row 2 too",
    ],
    [
      "with an id in other capitals",
      "unit-rents",
      "Unit in Alma,Target rent\nUNIT:9199,1\n",
      CSV,
      'Row 2, Unit in Alma: is "UNIT:9199", and ids here look like Unit:1075',
    ],
    [
      "with a record twice",
      "new-clients",
      "Bitrix id,First name,Last name,Email\n7,A,B,a@x.example\n7,A,B,a@x.example\n",
      CSV,
      "Row 3, Bitrix id: is that of row 2 too",
    ],
    [
      "with cells that cannot be read",
      "contract-terms",
      'Contract in Alma,From,Rent\n5,31/12/2026,"1,200"\n,2026-01-01,1\n',
      CSV,
      'Row 2, From: is "31/12/2026", which is not clearly one day. Write 2026-01-31 or 31.01.2026.\nRow 2, Rent: is "1,200", which is 1.2 or 1200, and no other number of its column shows which. Write 1.2000 or 1200, or send a workbook (.xlsx) with numbers.\nRow 3, Contract in Alma: is empty, but required.',
    ],
    [
      "with a cell beyond its heading",
      "unit-rents",
      "Unit in Alma,Target rent,\n9192,5,\n9199,12,500\n",
      CSV,
      "Row 3, All: has 3 cells, and the heading has 2. Write a number without a comma",
    ],
    [
      "with a number that a comma may have cut, and an empty cell beyond its heading",
      "contract-terms",
      "Contract in Alma,Rent,Until\n5,1200,,\n6,12,500,\n",
      CSV,
      "Row 3, All: has 4 cells, and the heading has 3. Write a number without a comma",
    ],
    [
      "of JSON with a value beyond its names",
      "unit-rents",
      '[{"Unit in Alma": "9199", "Target rent": "12", "": "500"}]',
      { "content-type": "application/json" },
      "Row 2, All: has 3 cells, and the heading has 2",
    ],
    ["that was cut", "unit-rents", "Unit in Alma,Target rent\n1,2\n3", CSV, "ends within row 3"],
    ["that is not a workbook", "unit-rents", "hello", XLSX, "is not an Excel workbook"],
    [
      "that unpacks to too much",
      "unit-rents",
      zipSync({ "xl/worksheets/sheet1.xml": new Uint8Array(120_000_000) }, { level: 1 }),
      XLSX,
      "is too large when it is unpacked",
    ],
    [
      "of too many rows",
      "unit-rents",
      `Unit in Alma,Target rent\n${"1,2\n".repeat(101)}`,
      CSV,
      "at most 100 are accepted at once",
    ],
    [
      "of another type",
      "unit-rents",
      "<table/>",
      { "content-type": "text/html" },
      "must have one of the content types text/csv",
    ],
  ])("is refused if it is one %s, and nothing is written", async (_title, name, body, headers, told) => {
    const { post, asked } = await startImports({ MAX_JOB_ROWS: "100" });
    const { status, text } = await post(name, body as string, headers);
    expect([status, text]).toEqual([400, expect.stringContaining(told)]);
    expect(asked()).toEqual([]);
  });
});

describe("the pages of imports", () => {
  const person = { accept: "text/html" };

  test("show the preview of a table, and write it once when confirmed", async () => {
    const { post, send, ended, writes, address } = await startImports();
    const headers = { ...person, origin: address };
    const sent = await post("unit-rents", formOf("Unit in Alma,Target rent\n9192,\n9199,900\n"), headers);
    const path = sent.headers.get("location") ?? "";
    expect([sent.status, path]).toEqual([303, expect.stringMatching(/^\/imports\/unit-rents\/jobs\/./)]);
    await ended(path);
    const { text } = await send(path, { headers: person });
    expect(text).toContain("Target rent: 12.22 → 900.00, which is more than ten times different");
    expect(text).toContain('<button class="main">Rents of units: write 1 row</button>');
    expect(writes()).toEqual([]);
    const runs = await Promise.all(
      [1, 2].map(() => post(path.slice("/imports/".length).replace("?", "/run?"), undefined, headers)),
    );
    const [first, second] = runs.map((run) => run.headers.get("location"));
    expect(second).toBe(first);
    expect((await ended(first ?? ""))[1]?.slice(2, 4)).toEqual(["3", "done"]);
    expect(writes()).toEqual(["PATCH realty/units/9199/"]);
  });

  test("are refused under a name that no file system accepts", async () => {
    const { post, writes } = await startImports();
    const table = "Unit in Alma,Target rent\n9199,900\n";
    const { status, text } = await post("unit-rents?dryRun=1", formOf(table, `${"a".repeat(252)}.csv`));
    expect([status, text]).toEqual([
      400,
      expect.stringContaining("a name of 256 characters; 255 are allowed"),
    ]);
    expect(writes()).toEqual([]);
  });

  test("report the outcome of each row of a table, also of those that were not written", async () => {
    const { post, send, ended, address } = await startImports();
    const headers = { ...person, origin: address };
    const table = "Unit in Alma,Target rent\n9192,0\nRoom:5,1\n9199,900\nUnit:77,1\n9193,\n";
    const leftOut = "Rows that are left out: 1 about no unit, 1 with nothing but Unit in Alma.";
    const sent = await post("unit-rents", formOf(table), headers);
    const path = sent.headers.get("location") ?? "";
    await ended(path);
    const preview = (await send(path, { headers: person })).text;
    expect(preview).toContain(`<p>${leftOut}</p>`);
    const [, action = ""] = /action="\/imports\/(.*?\/run.*?)"/.exec(preview) ?? [];
    const run = await post(action.replaceAll("&amp;", "&"), undefined, headers);
    const result = run.headers.get("location") ?? "";
    const rows = (await ended(result)).map((row) => row.slice(2, 4));
    expect(rows.slice(1)).toEqual([
      ["5", "not sent"],
      ["2", "unchanged"],
      ["4", "done"],
    ]);
    const { text } = await send(result, { headers: person });
    expect(text).toContain(`<p>${leftOut}</p>`);
    expect(text).toContain("<b>1</b> not sent");
    // The columns that fit on a phone come first.
    expect(text).toMatch(/State<\/th><th [^>]*>What is wrong<\/th>\s*<th [^>]*>Record</);
    expect(text).toMatch(/<td>not sent<\/td><td>Unit in Alma: Alma has no /);
    const [, mend = ""] = /href="([^"]*?)">Only what was not done/.exec(text) ?? [];
    const only = await send(mend.replaceAll("&amp;", "&").replace(".xlsx", ".csv"));
    expect(rowsOf(only.text).map((row) => row[0])).toEqual(["Unit in Alma", "Unit:77"]);
    const told = JSON.parse((await post("unit-rents", table, CSV)).text);
    expect(told).toMatchObject({ otherRows: 1, emptyRows: 1 });
  });

  test("write nothing that was changed after the preview", async () => {
    const { post, ended, query, writes } = await startImports();
    const preview = await post("unit-rents?dryRun=1", "Unit in Alma,Target rent\n9199,900\n", CSV);
    await query(
      'mutation { updateUnit(ref: { almaId: 9199 }, input: { goalRentCost: "800" }) { unit { id } } }',
    );
    writes();
    const { headers } = await post(`${preview.headers.get("location")?.slice("/imports/".length)}/run`);
    expect((await ended(headers.get("location") ?? ""))[1]?.slice(2).join()).toMatch(
      /^2,not done,.*shows ""800/,
    );
    expect(writes()).toEqual([]);
  });

  test("report faults of a table by row and column", async () => {
    const { post, send } = await startImports();
    const { status, text } = await post(
      "unit-rents",
      formOf("Unit in Alma,Target rent\n9199,much\n"),
      person,
    );
    expect([status, text]).toEqual([400, expect.stringContaining("Nothing was written.")]);
    expect(text).toContain('<td class="number">2</td><td>Target rent</td><td>is &quot;much&quot;');
    for (const path of ["/imports", "/imports/unit-rents", "/imports/new-clients"])
      expect((await send(path, { headers: person })).status).toBe(200);
    const template = await send("/imports/new-clients/template.csv");
    expect(template.text).toBe("\uFEFFBitrix id,First name,Last name,Email,Phone,Passport,Birthday\r\n");
    const none = await send("/imports/none", { headers: person });
    expect([none.status, none.text]).toEqual([404, expect.stringContaining("– Imports</title>")]);
    expect(none.text).toContain("<p>There is no import &quot;none&quot;");
    expect(none.text).toContain('<a href="/imports" aria-current="true">Imports</a>');
  });

  test("write an unfinished preview only when it is over, and with all of its rows", async () => {
    const { post, send, ended, simulator, writes } = await startImports({ JOB_CONCURRENCY: "1" });
    const rows = Array.from(
      { length: 12 },
      (_, index) => `7${index},Client,Number ${index},${index}@example.com`,
    );
    const table = ["Bitrix id,First name,Last name,Email", ...rows].join("\n");
    simulator.latency = 2_000;
    const job = (await post("new-clients", formOf(table), person)).headers.get("location") ?? "";
    const path = job.replace(/^\/imports\//, "");
    const runs = [await post(`${path}/run`)];
    await post(`${path}/stop`);
    runs.push(await post(`${path}/run`));
    for (const { status, text } of runs) {
      expect(status).toBe(400);
      expect(text).toMatch(
        /^BAD_USER_INPUT: The preview \S+ has not finished: \d+ of 12 rows are left\. Nothing was written\./,
      );
    }
    expect((await send(job, { headers: person })).text).not.toContain("/run");
    simulator.latency = 0;
    await post(`${path}/resume`);
    expect((await ended(job)).slice(1).map((row) => row.includes("can be done"))).toEqual(
      rows.map(() => true),
    );
    expect(writes()).toEqual([]);
    const run = (await post(`${path}/run`)).headers.get("location") ?? "";
    expect((await ended(run)).slice(1).map((row) => row.includes("done"))).toEqual(rows.map(() => true));
    expect(writes()).toHaveLength(12);
    const again = await post(`${run.replace(/^\/imports\//, "").replace(/\?.*/, "")}/run`);
    expect([again.status, again.text]).toEqual([400, expect.stringContaining("is no preview")]);
  });

  test("accept a key as the password for writes only from pages of this gateway", async () => {
    const writer = createApiKey("office", ["read", "write", "bulk"], null);
    const reader = createApiKey("guest", ["read", "bulk"], null);
    const { post, address, ended } = await startImports({
      API_KEYS: JSON.stringify([writer.record, reader.record]),
    });
    const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`x:${key}`).toString("base64")}` });
    const asked = (headers: Record<string, string>) =>
      post("unit-rents", formOf("Unit in Alma,Target rent\n9199,900\n"), { ...person, ...headers });
    expect((await asked({})).status).toBe(401);
    expect((await asked({ ...basic(writer.key), origin: "https://evil.example" })).status).toBe(403);
    expect(
      (
        await asked({
          ...basic(writer.key),
          "sec-fetch-site": "cross-site",
          "sec-fetch-mode": "navigate",
          "sec-fetch-dest": "document",
          origin: "null",
        })
      ).status,
    ).toBe(403);
    expect((await asked({ ...basic(reader.key), origin: address })).status).toBe(403);
    const { status, headers } = await asked({ ...basic(writer.key), origin: address });
    expect(status).toBe(303);
    expect((await ended(headers.get("location") ?? "", basic(writer.key)))[1]?.[3]).toBe("can be done");
    const byKey = await post("unit-rents", "Unit in Alma,Target rent\n9199,900\n", {
      ...CSV,
      "x-api-key": writer.key,
    });
    expect(byKey.status).toBe(202);
  });

  test.runIf(chromiumPath)("work in a browser without a script", async () => {
    const { address, writes } = await startImports();
    const browser = await startBrowser();
    onTestFinished(() => browser.close());
    const page = await browser.open(`${address}/imports`);
    await page.click("text=Rents of units");
    const sent = {
      name: "rents.csv",
      mimeType: "text/csv",
      buffer: Buffer.from("Unit in Alma,Target rent\n9199,900\n"),
    };
    await page.setInputFiles("#file", sent);
    await page.click("text=See what would change");
    await page.click("text=Write 1 row");
    await page.waitForSelector("text=1 done");
    expect(await page.textContent("tbody")).toContain("done");
    expect(writes()).toEqual(["PATCH realty/units/9199/"]);
    expect(browser.complaints).toEqual([]);
  });
});
