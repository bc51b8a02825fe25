import { expect, test } from "vitest";
import { startReports } from "../reports/run/reports.ts";

async function startImports() {
  const gateway = await startReports(undefined);
  const post = (path: string, body?: string, type = "text/csv") =>
    gateway.send(`/imports/${path}`, {
      method: "POST",
      headers: { "content-type": type },
      redirect: "manual",
      ...(body !== undefined && { body }),
    });
  const writes = () => gateway.asked().filter((call) => !call.startsWith("GET"));
  const { data } = await gateway.query(
    "{ unit(ref: { almaId: 9199 }) { name building { name } externalId } }",
  );
  /** Waits for a run and returns its rows. */
  const ended = async (path: string): Promise<string> => {
    const { text } = await gateway.send(`${path}.csv`);
    return text.includes(",to come,") ? ended(path) : text;
  };
  gateway.asked();
  return { ...gateway, post, writes, ended, unit: data.unit };
}

test("a record is named by an id, or by building and name, and all names must agree", async () => {
  const { post, unit, writes } = await startImports();
  const building = unit.building.name;
  const preview = async (header: string, row: string) => {
    const { status, text } = await post("unit-rents?dryRun=1", `${header},Target rent\n${row},14\n`);
    return [status, text.replace("\uFEFF", "").split("\r\n")[1] ?? text];
  };
  const named = [200, expect.stringMatching(`^Unit:9199,14.00,2,can be done,.*"${building}, ${unit.name}"$`)];
  expect(await preview("Building,Unit", `${building},${unit.name}`)).toEqual(named);
  expect(await preview("Building,Unit or room", `${building.toUpperCase()} ,${unit.name}`)).not.toEqual(
    named,
  );
  expect(await preview("Building,Unit or room", `${building} ,${unit.name}`)).toEqual(named);
  expect(await preview("Unit", "Unit:9199")).toEqual(named);
  expect(await preview("Unit in Alma,Unit,Building", `9199,${unit.name},${building}`)).toEqual(named);
  expect(await preview("Unit in Alma,Unit", `bitrix:${unit.externalId},${unit.name}`)).toEqual(named);
  const refused = [
    [await preview("Unit", "9199"), "Row 2, Unit in Alma: is empty, and so is Building"],
    [
      await preview("Building,Unit", `${building},9199`),
      `Alma has no record with Building "${building}" and Unit "9199"`,
    ],
    [
      await preview("Unit in Alma,Unit", "9199,2105"),
      `Row 2, Unit: is "2105", and Unit:9199 has "${unit.name}" there`,
    ],
    [await preview("Unit in Alma,Building", "9199,Elsewhere"), 'Row 2, Building: is "Elsewhere"'],
  ] as const;
  for (const [answer, told] of refused) expect(answer).toEqual([400, expect.stringContaining(told)]);
  const twice = await post(
    "unit-rents",
    `Unit in Alma,Building,Unit,Target rent\n9199,,,14\nbitrix:${unit.externalId},,,15\n,${building},${unit.name},16\n`,
  );
  expect([twice.status, twice.text]).toEqual([
    400,
    expect.stringMatching(/Row 3, .*row 2 too.*\nRow 4, .*row 2 too/),
  ]);
  expect(writes()).toEqual([]);
});

test("ignored columns are reported, and an import without changes is accepted", async () => {
  const { post, writes, send } = await startImports();
  const { status, text } = await post(
    "unit-rents",
    "Unit in Alma,Target rent,Rent,Notes\nRoom:1,5,6,x\nUnit:3,,,y\n",
  );
  expect([status, JSON.parse(text)]).toEqual([
    200,
    {
      job: null,
      state: "OVER",
      total: 0,
      otherRows: 1,
      emptyRows: 1,
      notRead: "Rent, Notes",
      message:
        "There is nothing to write. Rows that are left out: 1 about no unit, 1 with nothing but Unit in Alma. Not read: Rent, Notes.",
    },
  ]);
  expect((await post("unit-rents?dryRun=1", "Unit in Alma,Target rent\n")).status).toBe(200);
  const noted = await post("unit-rents?dryRun=1", "Unit in Alma,Target rent,Größe\n9199,14,1\n");
  expect(decodeURIComponent(noted.headers.get("not-read") ?? "")).toBe("Größe");
  const form = new FormData();
  form.append("file", new Blob(["Unit in Alma,Target rent,Notes\n9199,12.22,x\n"]), "rents.csv");
  const sent = await send("/imports/unit-rents", {
    method: "POST",
    headers: { accept: "text/html" },
    redirect: "manual",
    body: form,
  });
  const page = await send(sent.headers.get("location") ?? "", { headers: { accept: "text/html" } });
  expect(page.text).toContain("Not read: Notes.");
  expect(writes()).toEqual([]);
});

test("a run checks again what its preview showed as unchanged", async () => {
  const { post, query, ended, writes } = await startImports();
  const preview = await post("unit-rents?dryRun=1", "Unit in Alma,Target rent\n9199,12.22\n9192,5\n");
  expect(preview.text).toContain(",unchanged,");
  await query(
    'mutation { updateUnit(ref: { almaId: 9199 }, input: { goalRentCost: "800" }) { unit { id } } }',
  );
  writes();
  const run = await post(`${preview.headers.get("location")?.slice("/imports/".length)}/run`);
  const rows = await ended(run.headers.get("location") ?? "");
  expect(rows).toMatch(/Unit:9199,12.22,2,not done,.*shows ""800/);
  expect(rows).toMatch(/Unit:9192,5.00,3,done,/);
  expect(writes()).toEqual(["PATCH realty/units/9192/"]);
});

test("an archive affects no more than its preview showed", async () => {
  const { post, ended, writes, simulator } = await startImports();
  const preview = await post("archive-units?dryRun=1", "Unit in Alma\n9199\n");
  expect(preview.text).toContain("can be done");
  const { id } = simulator.data.ownerContracts.insert({ unit_id: 9199, client_id: 251, start_date: null });
  const run = await post(`${preview.headers.get("location")?.slice("/imports/".length)}/run`);
  const rows = await ended(run.headers.get("location") ?? "");
  expect(rows).toContain(`also changes OwnerContract:${id}`);
  expect(writes()).toEqual([]);
});

test("the result of a run can be sent again unchanged", async () => {
  const { post, writes } = await startImports();
  const row = { "Bitrix id": "=7", "First name": "'Aisha", "Last name": "'=Rahman", Email: "not an address" };
  const table = JSON.stringify([{ ...row, Phone: "+971500000000" }]);
  const first = await post("new-clients?dryRun=1", table, "application/json");
  expect(first.text).toContain("'=7,'Aisha,''=Rahman,not an address,'+971500000000");
  const again = await post("new-clients?dryRun=1", first.text);
  expect([again.status, again.text]).toEqual([200, first.text]);
  expect(writes()).toEqual([]);
});

test("an apostrophe before a formula is reported, unless the file is one of the gateway's reports", async () => {
  const { post, writes } = await startImports();
  const header = "Bitrix id,First name,Last name,Email,Phone\n";
  const rows = [
    "7,Aisha,'=Rahman,a@example.com,+971500000001",
    "8,'Abdul,Haddad,b@example.com,'+971500000002",
  ];
  const told = await post("new-clients?dryRun=1", `${header}${rows.join("\n")}\n`);
  // At the beginning of a value, an apostrophe is literal.
  expect(told.text.match(/^Row .*apostrophe/gm)).toEqual([
    `Row 2, Last name: is "'=Rahman": its apostrophe`,
    `Row 3, Phone: is "'+971500000002": its apostrophe`,
  ]);
  const plain = await post(
    "new-clients?dryRun=1",
    `${header}${rows.join("\n").replaceAll(/'(?=[+=])/g, "")}\n`,
  );
  expect(plain.text).not.toContain("apostrophe");
  expect(plain.text).toContain("'Abdul");
  expect(writes()).toEqual([]);
});

test("a change by more than a factor of ten is marked, and comes first", async () => {
  const { post } = await startImports();
  const MARK = "more than ten times different";
  const isMarked = async (rent: string) => {
    const { text } = await post("unit-rents?dryRun=1", `Unit in Alma,Target rent\n9199,${rent}\n`);
    expect(text).toContain("12.22 → ");
    return text.includes(MARK);
  };
  const rents = ["122.2", "122.21", "1.23", "1.22"];
  expect(await Promise.all(rents.map(isMarked))).toEqual([false, true, false, true]);
  const { text } = await post("unit-rents?dryRun=1", "Unit in Alma,Target rent\n9192,5\n9199,900\n");
  expect(text.split("\r\n")[1]).toMatch(new RegExp(`^Unit:9199,.*${MARK}`));
});
