import { afterEach, expect, test, vi } from "vitest";
import { listReports } from "../../src/capabilities/reports/definition/report.ts";
import { liveThrough, startWorld } from "../history/moments.ts";
import { reportFolder } from "../reports/run/reports.ts";

const DAY = 24 * 3_600_000;
type Row = Readonly<Record<string, string | number | boolean | null>>;

/** The titles that identify rows: of the record, and of its parts in expanded rows. */
const keys: Readonly<Record<string, readonly [item: readonly string[], inner?: string]>> = {
  buildings: [["Building in Alma"]],
  "data-quality": [["Problem", "Record", "Other record"]],
  ends: [["Contract in Alma"]],
  "ends-to-call": [["Contract in Alma"]],
  income: [["Period", "Building in Alma"]],
  "management-letter-ends": [["Contract in Alma"]],
  occupancy: [["Period", "Building in Alma"]],
  "owner-contract-ends": [["Contract in Alma"]],
  "owner-statement": [["Contract in Alma"], "Tenant contract in Alma"],
  owners: [["Owner in Alma"]],
  "rent-changes": [["Unit or room in Alma", "Tenant in Alma"]],
  "rent-roll": [["Unit or room in Alma"], "Contract in Alma"],
  vacancies: [["Unit or room in Alma"]],
};
/** Values that change as days pass. */
const aging = new Set(["Days left", "Days to the end", "Days vacant"]);
const sums: Readonly<Record<string, readonly string[]>> = {
  "rent-roll": ["Rent", "Rent a month"],
  income: ["Agreed rent", "A year before"],
  "rent-changes": ["Before", "Now", "Change"],
  occupancy: ["Lettable days", "Occupied days"],
  "owner-statement": ["Days", "Agreed rent"],
  vacancies: ["Target rent"],
};

afterEach(() => void vi.useRealTimers());

async function start(env: Record<string, string> = {}) {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-03-31T08:00:00Z") });
  const world = await startWorld({ REPORTS: "", CURRENCY: "AED", ...env });
  const gateway = await world.start();
  const get = (path: string) => fetch(`${gateway.address}/reports/${path}`, { headers: { accept: "*/*" } });
  const rows = async (path: string) => {
    const response = await get(path);
    const text = await response.text();
    expect(response.status, `${path}: ${text}`).toBe(200);
    return JSON.parse(text) as Row[];
  };
  await gateway.read();
  await gateway.read();
  return { world, gateway, get, rows };
}

const pass = () => void vi.setSystemTime(Date.now() + DAY);
const rest = () => void vi.setSystemTime(Date.now() + 60_000);

/** A report's titles; a comparison has a column for each. */
const titlesOf = (row: Row, item: readonly string[]) =>
  Object.keys(row).filter((title) => item.includes(title) || `${title} before` in row);

/** A row's change. A report that has its own column "Change" gets a different title for it. */
const changeOf = (row: Row) => ("Change *" in row ? row["Change *"] : row.Change);

test.each([1, 2, 3])(
  "every report against an earlier day has the rows of both, paired by their keys, and what has changed; seed %s",
  async (seed) => {
    const { world, gateway, rows } = await start();
    rest();
    await liveThrough(world, gateway, { seed, steps: 5, pass, rest });
    pass();
    world.simulator.log.clear();
    let [changed, paired] = [0, 0];
    for (const name of listReports().keys()) {
      const [item, inner] = keys[name] ?? [[]];
      for (const [options, comparison] of [
        ["?_asOf=2026-04-05", "?_asOf=2026-04-05&_compare=2026-03-31"],
        ["?_asOf=2026-04-03", "?_asOf=2026-04-03&_compare=startOfMonth-1d"],
      ] as const) {
        const now = await rows(`${name}.json${options}`);
        const before = await rows(`${name}.json?_asOf=2026-03-31`);
        const compared = await rows(`${name}.json${comparison}`);
        const keyOf = (row: Row, titles: readonly string[]) =>
          JSON.stringify(titles.map((title) => row[title]));
        const sorted = (all: readonly Row[]) => all.map((row) => JSON.stringify(row)).sort();
        const nowOf = (row: Row): Row =>
          Object.fromEntries(titlesOf(row, item).map((title) => [title, row[title] ?? null]));
        const beforeOf = (row: Row): Row =>
          Object.fromEntries(
            titlesOf(row, item).map((title) => [
              title,
              row[item.includes(title) ? title : `${title} before`] ?? null,
            ]),
          );
        // Nothing of either answer is lost, and nothing is added.
        expect(compared.filter((row) => changeOf(row) !== "gone").map(nowOf), name).toEqual(now);
        expect(sorted(compared.filter((row) => changeOf(row) !== "new").map(beforeOf)), name).toEqual(
          sorted(before),
        );
        const whole = [...item, ...(inner ? [inner] : [])];
        const known = new Set(before.map((row) => keyOf(row, whole)));
        const left = { new: [] as string[], gone: [] as string[] };
        for (const row of compared) {
          const [one, other] = [nowOf(row), beforeOf(row)];
          const change = changeOf(row);
          if (change === "new" || change === "gone") {
            left[change].push(keyOf(row, item));
            continue;
          }
          paired++;
          if (known.has(keyOf(one, whole))) expect(keyOf(other, whole), name).toBe(keyOf(one, whole));
          const differs = Object.keys(one).some((title) => !aging.has(title) && one[title] !== other[title]);
          expect(change, name).toBe(differs ? "changed" : "unchanged");
          if (differs) changed++;
        }
        expect(left.new.filter((key) => left.gone.includes(key))).toEqual([]);
        for (const title of sums[name] ?? []) {
          const total = (all: readonly Row[], of: string) =>
            all.reduce((sum, row) => sum + Number(row[of] ?? 0), 0);
          expect(total(compared, `${title} change`), name).toBeCloseTo(
            total(now, title) - total(before, title),
            6,
          );
        }
      }
    }
    expect(changed).toBeGreaterThan(20);
    expect(paired).toBeGreaterThan(40);
    expect(world.simulator.log.entries).toEqual([]);
  },
  60_000,
);

test("each format, page and file name shows the compared days and both totals", async () => {
  const { world, gateway, get, rows } = await start();
  rest();
  const { data } = world.simulator;
  const rent = await rows("rent-roll.json");
  const letting = rent.find((row) => row.Rent !== null);
  pass();
  data.tenantContracts.change(Number(String(letting?.["Contract in Alma"]).split(":")[1]), {
    price: "123456.78",
  });
  await gateway.read();
  rest();
  const compared = await rows("rent-roll.json?_compare=2026-03-31");
  const changed = compared.filter(({ Change }) => Change === "changed").length;
  expect(changed).toBeLessThan(rent.length);
  expect(compared.find((row) => row.Rent === 123456.78)).toMatchObject({
    Change: "changed",
    "Rent before": letting?.Rent,
  });
  for (const ending of ["csv", "xlsx", "parquet", "json", "ndjson"]) {
    const response = await get(`rent-roll.${ending}?_compare=2026-03-31`);
    expect(response.status, ending).toBe(200);
    expect(response.headers.get("content-disposition")).toContain(
      `rent-roll-2026-04-01-against-2026-03-31.${ending}`,
    );
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(500);
  }
  const page = await (await get("rent-roll?_compare=2026-03-31")).text();
  expect(page).toMatch(/<input[^>]*name="_compare"[^>]*value="2026-03-31"/);
  expect(page).toContain("<del>10.00</del> → <ins>123,456.78</ins>");
  expect(page).toContain(`Rows: 0 new, 0 gone, ${changed} changed (Status: ${changed}; Rent, AED: 1; `);
  expect(page).toContain(`), ${rent.length - changed} as it was.`);
  expect(page.match(/<tr class="(?:new|gone|changed|unchanged)"/g)).toHaveLength(changed);
  expect(page).toContain("/reports/rent-roll.xlsx?_compare=2026-03-31");
  const whole = await (await get("rent-roll?_compare=2026-03-31&_unchanged=1")).text();
  expect(whole.match(/<tr class="(?:new|gone|changed|unchanged)"/g)).toHaveLength(rent.length);
  const same = await (await get("buildings?_compare=2026-03-31")).text();
  expect(same).toContain("No row has changed.");
});

test.each([
  ["_compare=2026-05-01", "before 2026-03-31"],
  ["_compare=2026-03-31", "before 2026-03-31"],
  ["_asOf=2026-03-31&_compare=2026-03-31", "before 2026-03-31"],
  ["_compare=soon", "before 2026-03-31"],
  ["_unchanged=1", "no parameter"],
])("%s is refused in a sentence", async (query, sentence) => {
  const { get } = await start();
  const response = await get(`buildings.csv?${query}`);
  expect([response.status, (await response.text()).includes(sentence)]).toEqual([400, true]);
});

test("a day before anything was known is refused, with the first known day; so is a report whose rows have no key", async () => {
  const units = "# title: Units\n# rows: units.nodes\nquery Units { units { nodes { name } } }";
  const { get } = await start({
    REPORTS: reportFolder({ units, ids: units.replace("{ name }", "{ name id }") }),
  });
  const early = await get("ids.csv?_compare=2026-03-01");
  expect([early.status, await early.text()]).toEqual([
    404,
    expect.stringMatching(/^NOT_KNOWN_THEN: As known on 2026-03-01: .* known since 2026-03-31T/),
  ]);
  for (const path of ["units.csv", "units"]) {
    const response = await get(`${path}?_compare=2026-03-30`);
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining("Its head needs a key."),
    ]);
  }
  expect(await (await get("units")).text()).not.toContain('name="_compare"');
});
