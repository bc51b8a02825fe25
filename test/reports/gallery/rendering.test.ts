import fc from "fast-check";
import { expect, test } from "vitest";
import type { ReportColumn, Total } from "../../../src/capabilities/reports/definition/columns.ts";
import { beginChart, renderChart } from "../../../src/capabilities/reports/gallery/chart.ts";
import { renderPrograms } from "../../../src/capabilities/reports/gallery/other-programs.ts";
import { type FormField, renderForm } from "../../../src/capabilities/reports/gallery/parameter-form.ts";
import { reportUrls } from "../../../src/capabilities/reports/gallery/report-urls.ts";
import { pageColumns, renderTable } from "../../../src/capabilities/reports/gallery/result-table.ts";
import { type PageNumber, readShownRows } from "../../../src/capabilities/reports/gallery/shown-rows.ts";
import { wordsOf, writeValue } from "../../../src/capabilities/reports/run/written-value.ts";
import { type ColumnType, type SheetRow, UNREADABLE } from "../../../src/capabilities/reports/sheet/table.ts";
import { readAsset } from "../../../src/server/page/asset.ts";
import { type Html, html } from "../../../src/server/page/html.ts";

const column = (title: string, type: ColumnType, total?: Total): ReportColumn => ({
  path: [title],
  title,
  type,
  total,
});
const building = column("Building", "text");
const month = column("Month", "date");
const share = column("Let, %", "decimal");
const rent = column("Rent", "decimal", "sum");

const dirhams = { locale: "en", currency: "AED", decimals: 2 } as const;

test("values are escaped in elements and attributes", () => {
  const value = `<script>'"&`;
  const escaped = "&lt;script&gt;&#39;&quot;&amp;";
  expect(html`<p title="${value}">${value}${[value, html`<b>${value}</b>`]}</p>`.text).toBe(
    `<p title="${escaped}">${escaped}${escaped}<b>${escaped}</b></p>`,
  );
  expect(html`${null}${undefined}${false}${0}`.text).toBe("0");
});

test.each([
  ["1234567.50", "decimal", "en", "1,234,567.50"],
  ["-1234567.50", "decimal", "de", "−1.234.567,50"],
  ["123456789012345678901234.000000001", "decimal", "en", "123,456,789,012,345,678,901,234.000000001"],
  ["999", "decimal", "en", "999"],
  [1000, "integer", "de", "1.000"],
  [0, "integer", "en", "0"],
  ["1e21", "number", "en", "1e21"],
  [true, "boolean", "en", "yes"],
  ["2026-03-31", "date", "de", "2026-03-31"],
  ["2026-03-31T10:20:30.123Z", "moment", "en", "2026-03-31 10:20:30 UTC"],
  ["12345", "text", "en", "12345"],
  [null, "decimal", "en", ""],
  [UNREADABLE, "decimal", "en", "#N/A"],
] as const)("%s as %s in %s is %s", (cell, type, locale, text) => {
  expect(writeValue(cell, { type }, { ...dirhams, locale })).toBe(text);
});

test("an amount has the decimals of its currency at least, and loses none", () => {
  const amount = { type: "decimal", isAmount: true } as const;
  expect(["5250", "6300.5", "-0.125", null, "1e3"].map((cell) => writeValue(cell, amount, dirhams))).toEqual([
    "5,250.00",
    "6,300.50",
    "−0.125",
    "",
    "1e3",
  ]);
  expect(writeValue("1000", amount, { locale: "de", currency: "JPY", decimals: 0 })).toBe("1.000");
});

test("a code is written in words", () => {
  expect(["MONTH", "MISSING_BITRIX_ID", "ACTIVE"].map(wordsOf)).toEqual([
    "Month",
    "Missing Bitrix id",
    "Active",
  ]);
  expect(writeValue("ON_HOLD", { type: "text", holds: "code" }, dirhams)).toBe("On hold");
  expect(writeValue("ON_HOLD", { type: "text" }, dirhams)).toBe("ON_HOLD");
});

test("a table has its numbers at the right, its unreadable values marked, and its totals below", () => {
  const columns = [building, { ...rent, isAmount: true, means: "What <is> paid." }];
  const { text } = renderTable(
    {
      caption: "Rents",
      columns: pageColumns({ columns, joined: [] }, dirhams),
      running: "Rents",
      rows: [
        ["<i>", "1000"],
        ["B", UNREADABLE],
      ],
      totals: [null, "1000"],
    },
    dirhams,
  );
  expect(text).toContain('<th scope="col" class="number"><span class="title">Rent, AED</span>');
  expect(text).toContain('<tr><th scope="row">&lt;i&gt;</th><td class="number">1,000.00</td></tr>');
  expect(text).toContain('<abbr title="It could not be read">#N/A</abbr>');
  expect(text).toContain(
    '<tfoot><tr><th scope="row">Total</th><td class="number" data-sum>1,000.00</td></tr></tfoot>',
  );
  // The explanation of a number is one click away.
  const [, id] = /popovertarget="([^"]+)"/.exec(text) ?? [];
  expect(text).toContain(`<div id="${id}" popover><b>Rent, AED</b><p>What &lt;is&gt; paid.</p></div>`);
});

test("columns joined by a report are adjacent, the first in front", () => {
  const unit = { ...column("Unit", "text"), path: ["unit", "name"] };
  const name = { ...column("Name", "text"), path: ["name"] };
  const id = { ...column("Id", "text"), path: ["id"], holds: "id", isMore: true } as const;
  const columns = [{ ...building, path: ["building", "name"] }, unit, name, rent, id];
  const joined = [{ title: "Unit or room", of: [unit, name], between: ", " }];
  const made = pageColumns({ columns, joined }, dirhams);
  expect(made.map(({ title, isMore }) => [title, isMore ?? false])).toEqual([
    ["Unit or room", false],
    ["Building", false],
    ["Rent", false],
    ["Id", true],
  ]);
  const { text } = renderTable(
    {
      caption: "",
      running: "",
      columns: made,
      rows: [
        ["Palm", "P 1", "Bed 2", "1", "Room:2"],
        ["Palm", "P 3", "P 3", "1", "Unit:3"],
      ],
    },
    dirhams,
  );
  expect(text).toContain(`<th scope="row">P 1, Bed 2</th><td>Palm</td>`);
  expect(text).toContain(`<th scope="row">P 3</th><td>Palm</td>`);
  expect(text).toContain(`<td class="more">Room:2</td>`);
});

test("columns without room on paper are omitted and named, those with a total last", () => {
  const wide = Array.from({ length: 14 }, (_, index) => ({
    ...column(`Column${index}`, index === 13 ? "decimal" : "text"),
    ...(index === 13 && { total: "sum" as const }),
    ...(index === 1 && { isMore: true }),
  }));
  const row = wide.map((_, index) => (index === 13 ? "1" : "x".repeat(30)));
  const { text } = renderTable(
    { caption: "", running: "", columns: pageColumns({ columns: wide, joined: [] }, dirhams), rows: [row] },
    dirhams,
  );
  const [, few = ""] = /<p class="paper">Not on paper: ([^.]*)\./.exec(text) ?? [];
  const left = few.split("; ");
  // Deliberately omitted scopes are not named.
  expect(left).not.toContain("Column1");
  expect(left).not.toContain("Column13");
  expect(left.length).toBeGreaterThan(2);
  const cells = [...text.matchAll(/<td class="([^"]*)">x/g)].map(([, names]) => names);
  expect(cells.filter((names) => names?.includes("off-paper"))).toHaveLength(left.length);
});

test("a phone has the first columns of the report, and shares before sums", () => {
  const percent = { part: "Rent", whole: "Rent" };
  const until = column("Until", "date");
  const columns = [
    month,
    until,
    building,
    column("Count", "integer", "sum"),
    { ...rent },
    { ...share, total: percent },
  ];
  const made = pageColumns(
    { columns, joined: [{ title: "Building", of: [building], between: "" }] },
    dirhams,
  );
  const row = ["2026-01-01", "2026-01-31", "Palm View Terrace", 1, "1234567890.00", "50.0"];
  const { text } = renderTable({ caption: "", running: "", columns: made, rows: [row] }, dirhams);
  const titles = [...text.matchAll(/<th scope="col"([^>]*)><span class="title">([^<]*)/g)];
  const onPhone = titles.filter(([, attributes]) => !attributes?.includes("off-phone"));
  expect(onPhone.map(([, , title]) => title)).toEqual(["Building", "Month", "Count", "Let, %"]);
});

/** The points and series of a chart over rows. */
function chartOf(
  y: readonly ReportColumn[],
  columns: readonly ReportColumn[],
  rows: readonly SheetRow[],
  x = building,
) {
  const data = beginChart({ kind: "bar", x, y }, columns, "2026-03-31");
  for (const row of rows) data.add(row);
  const chart = data.chart();
  if (typeof chart !== "object") return chart;
  return { ...chart, series: chart.series.map(({ title, values }) => [title, values]) };
}

test("a chart adds up values with a total, exactly, in the order of the rows", () => {
  const rows: SheetRow[] = [
    ["Palm", "0.10"],
    ["Marina", "5"],
    ["Palm", "0.20"],
    ["Palm", null],
    ["Marina", UNREADABLE],
    [null, "1"],
  ];
  expect(chartOf([rent], [building, rent], rows)).toMatchObject({
    title: "Rent by Building",
    points: ["Palm", "Marina", null],
    series: [["Rent", ["0.30", "5", "1"]]],
  });
});

test("a chart never adds values without a total: rows with the same x become separate series", () => {
  const columns = [building, month, share];
  const rows: SheetRow[] = [
    ["Palm", "2026-01-01", "50.0"],
    ["Marina", "2026-01-01", "75.0"],
    ["Palm", "2026-02-01", "60.0"],
  ];
  expect(chartOf([share], columns, rows, month)).toMatchObject({
    title: "Let, % by Month and Building",
    points: ["2026-01-01", "2026-02-01"],
    series: [
      ["Palm", ["50.0", "60.0"]],
      ["Marina", ["75.0", null]],
    ],
  });
  const single = rows.filter(([name]) => name === "Palm");
  expect(chartOf([share], columns, single, month)).toMatchObject({
    title: "Let, % by Month",
    series: [["Let, %", ["50.0", "60.0"]]],
  });
});

test("a chart sorts days and numbers, whatever the order of rows", () => {
  const days: SheetRow[] = [
    ["Palm", "2026-03-01", "3"],
    ["Palm", "2026-01-01", "1"],
    ["Palm", "2026-02-01", "2"],
  ];
  expect(chartOf([share], [building, month, share], days, month)).toMatchObject({
    points: ["2026-01-01", "2026-02-01", "2026-03-01"],
    series: [["Let, %", ["1", "2", "3"]]],
  });
  const rooms = column("Bedrooms", "integer");
  const counts: SheetRow[] = [10, 2, 0].map((count) => ["Palm", count, String(count)]);
  expect(chartOf([share], [building, rooms, share], counts, rooms)).toMatchObject({ points: [0, 2, 10] });
});

test("a chart says so if several values that cannot be added share one place", () => {
  const rows: SheetRow[] = [
    ["Palm", "2026-01-01", "50.0"],
    ["Palm", "2026-01-01", "60.0"],
  ];
  expect(chartOf([share], [building, month, share], rows, month)).toContain(
    "same Month, and their numbers may not",
  );
});

test("a chart has no more series than colors, and says how many there are", () => {
  const rows = Array.from({ length: 30 }, (_, index): SheetRow => [`B${index}`, "2026-01-01", "1"]);
  const chart = chartOf([share], [building, month, share], rows, month);
  expect(chart).toMatchObject({ title: "Let, % by Month and Building, the first 8 of 30" });
  expect((chart as { series: unknown[] }).series).toHaveLength(8);
  expect(chartOf([share], [building, month, share], [["B", "2026-01-01", null]], month)).toBeUndefined();
});

const letDays = column("Let days", "integer", "sum");
const allDays = column("Days", "integer", "sum");
const letShare = column("Let, %", "decimal", { part: "Let days", whole: "Days" });
const shareColumns = [building, month, letDays, allDays, letShare];

/** The rows as a page shows them. */
function shownOf(
  columns: readonly ReportColumn[],
  rows: readonly SheetRow[],
  page: PageNumber,
  by?: ReportColumn,
  hasSheets = false,
) {
  const steps = readShownRows(
    { columns },
    () => [rows.slice(0, 1), rows.slice(1)],
    page,
    "2026-03-31",
    by && { by, label: by, hasSheets },
  );
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

test("one of several pages has its own rows and the totals of all, and a complete page has them all", () => {
  const rows = Array.from({ length: 601 }, (_, index): SheetRow => [`B${index}`, "1"]);
  const namesOf = (page: PageNumber) => shownOf([building, rent], rows, page).rows.map(([name]) => name);
  expect(namesOf(1)).toEqual(rows.slice(0, 250).map(([name]) => name));
  expect(namesOf(3)).toEqual(rows.slice(500).map(([name]) => name));
  expect(namesOf("all")).toHaveLength(601);
  expect(namesOf(4)).toEqual([]);
  expect(shownOf([building, rent], rows, 3)).toMatchObject({
    start: 500,
    pageCount: 3,
    rowCount: 601,
    totals: [null, "601"],
  });
});

test.each<ColumnType>(["integer", "text"])(
  "groups of unreadable and empty values of type %s come last",
  (type) => {
    const rows: SheetRow[] = [[UNREADABLE], [null], [10], [UNREADABLE], [9], [null]];
    const by = column("Bedrooms", type);
    expect(shownOf([by], rows, 1, by).rows).toEqual([[9], [10], [null], [null], [UNREADABLE], [UNREADABLE]]);
  },
);

test("rows of one key are grouped, wherever they were, with a subtotal below that covers all of them", () => {
  const rows: SheetRow[] = [
    ["Palm", "1.50"],
    ["Marina", "5"],
    ["Creek", null],
    [null, "7"],
    ["Palm", "2"],
    ["Creek", "0.25"],
  ];
  const shown = shownOf([building, rent], rows, 1, building);
  expect(shown.rows.map(([name]) => name)).toEqual(["Creek", "Creek", "Marina", "Palm", "Palm", null]);
  const sums = [...shown.subtotals].map(([below, { totals }]) => [below, totals[1]]).sort();
  expect(sums).toEqual([
    [2, "0.25"],
    [5, "3.50"],
  ]);
  expect(shown.totals).toEqual([null, "15.75"]);
  const names = pageColumns({ columns: [building, rent], joined: [] }, dirhams);
  const { text } = renderTable(
    {
      caption: "",
      running: "",
      columns: names,
      rows: shown.rows,
      subtotals: shown.subtotals,
      grouped: names[0],
    },
    dirhams,
  );
  expect(text).toMatch(
    />2<\/td><\/tr>\n<tr class="subtotal"><th scope="row"><bdi>Palm<\/bdi>: together<\/th><td [^>]*>3\.50<\/td><\/tr>/,
  );
});

test("groups of numbers are in the order of numbers, and each that begins a sheet of paper has a subtotal", () => {
  const rooms = column("Bedrooms", "integer");
  const rows: SheetRow[] = [10, 2, null, 0, 2].map((count) => [count, "1"]);
  const shown = shownOf([rooms, rent], rows, 1, rooms, true);
  expect(shown.rows.map(([count]) => count)).toEqual([0, 2, 2, 10, null]);
  expect([...shown.subtotals.keys()].sort()).toEqual([1, 3, 4, 5]);
});

test("a group that two pages share has its subtotal, of all of its rows, on the second", () => {
  const long = Array.from({ length: 252 }, (_, index): SheetRow => [index < 249 ? `B${index}` : "Palm", "1"]);
  const at = (page: PageNumber) =>
    [...shownOf([building, rent], long, page, building).subtotals].map(([below, { totals }]) => [
      below,
      totals[1],
    ]);
  expect(at(1)).toEqual([]);
  expect(at(2)).toEqual([[2, "3"]]);
});

test("groups of rows match an oracle, for any order, page and numbers", () => {
  const row = fc.tuple(fc.constantFrom("Palm", "Marina", "B10", "B9", null), fc.integer({ min: 0, max: 9 }));
  const property = fc.property(fc.array(row, { maxLength: 40 }), (pairs) => {
    const rows = pairs.map(([name, amount]): SheetRow => [name, String(amount)]);
    const shown = shownOf([building, rent], rows, 1, building, true);
    const order = ["B9", "B10", "Marina", "Palm", null];
    const expected = order.flatMap((name) => rows.filter(([one]) => one === name));
    expect(shown.rows).toEqual(expected);
    const sums = [...shown.subtotals]
      .sort(([one], [other]) => one - other)
      .map(([, { row, totals }]) => [row[0], totals[1]]);
    const named = order.filter((name) => rows.some(([one]) => one === name));
    const sumOf = (name: string | null) =>
      pairs.filter(([one]) => one === name).reduce((sum, [, amount]) => sum + amount, 0);
    expect(sums).toEqual(named.map((name) => [name, String(sumOf(name))]));
  });
  fc.assert(property, { numRuns: 50 });
});

test.each(["bar", "line"] as const)("a %s chart draws unfinished periods as such, and says so", (kind) => {
  const until = column("Until", "date");
  const columns = [month, until, rent];
  const data = beginChart({ kind, x: month, until, y: [rent] }, columns, "2026-03-15");
  for (const [from, to] of [
    ["01-01", "01-31"],
    ["02-01", "02-28"],
    ["03-01", "03-31"],
  ])
    data.add([`2026-${from}`, `2026-${to}`, "5"]);
  const chart = data.chart();
  if (typeof chart !== "object") throw new Error(chart);
  const { text } = renderChart(chart, dirhams);
  expect(text.match(/class="unfinished"/g)).toHaveLength(1);
  expect(text).toContain('aria-label="2026-03-01 (not over): Rent');
  expect(text).toContain('<th scope="row">2026-03-01 (not over)</th>');
  expect(text).not.toContain("2026-02-01 (not over)");
  // A month is not over on its last day.
  const onLast = beginChart({ kind, x: month, until, y: [rent] }, columns, "2026-02-28");
  onLast.add(["2026-02-01", "2026-02-28", "5"]);
  expect((onLast.chart() as { isUnfinished(point: number): boolean }).isUnfinished(0)).toBe(true);
});

test("percentages with known parts are totalled by their parts", () => {
  const totalsOf = (rows: readonly SheetRow[]) => {
    return shownOf(shareColumns, rows, 1).totals;
  };
  const rows: SheetRow[] = [
    ["Palm", "2026-01-01", 1, 3, "33.3"],
    ["Marina", "2026-01-01", 31, 62, "50.0"],
    ["Creek", "2026-01-01", UNREADABLE, 1000, UNREADABLE],
    ["Gate", "2026-01-01", 0, 0, null],
  ];
  // 32 of 65 are 49.23 %: less than the mean of both. Unreadable values are omitted from both the part and the whole.
  expect(totalsOf(rows)).toEqual([null, null, "32", "1065", "49.2"]);
  expect(
    totalsOf([
      ["Palm", null, 1, 8, "12.50"],
      ["Gate", null, 1, 32, "3.13"],
    ])?.[4],
  ).toBe("5.00");
  expect(totalsOf([["Palm", null, 1, 800, "0.1"]])?.[4]).toBe("0.1");
  expect(totalsOf([["Gate", null, 0, 0, null]])?.[4]).toBeNull();
  expect(totalsOf([["Gate", null, null, 0, null]])).toEqual([null, null, null, "0", null]);
  expect(totalsOf([])).toEqual([null, null, "0", "0", null]);
});

test("a chart has one line for all percentages instead of more lines than colors", () => {
  const rows = (names: number) =>
    ["2026-01-01", "2026-02-01"].flatMap((day, month) =>
      Array.from(
        { length: names },
        (_, index): SheetRow => [`B${index}`, day, index + month, 10, `${(index + month) * 10}.0`],
      ),
    );
  expect(chartOf([letShare], shareColumns, rows(2), month)).toMatchObject({
    title: "Let, % by Month and Building",
    series: [
      ["B0", ["0.0", "10.0"]],
      ["B1", ["10.0", "20.0"]],
      ["All together", ["5.0", "15.0"]],
    ],
  });
  expect(chartOf([letShare], shareColumns, rows(9), month)).toMatchObject({
    title: "Let, % by Month",
    series: [["Let, %", ["40.0", "50.0"]]],
  });
  // Two series with the same name are one line.
  const twins = rows(2).map(([, ...others]): SheetRow => ["B", ...others]);
  expect(chartOf([letShare], shareColumns, twins, month)).toMatchObject({
    series: [["Let, %", ["5.0", "15.0"]]],
  });
});

test.each(["bar", "line"] as const)(
  "a %s chart is SVG without styles, scripts and unescaped text",
  (kind) => {
    for (const x of [building, month])
      for (const count of [1, 2]) {
        const points =
          x === month ? ["2026-01-01", "2026-02-01", "2026-03-01"] : ["<b>&\"'", "B", "C".repeat(80)];
        const series = Array.from({ length: count }, (_, index) => ({
          title: `<i>${index}`,
          type: "decimal" as const,
          values: ["1.10", null, "12345678901234567890.10"],
        }));
        const { text } = renderChart(
          { kind, title: "<u>", x, points, isCut: false, isUnfinished: () => false, series },
          dirhams,
        );
        expect(text).toContain("<svg");
        expect(text).not.toMatch(/<style|<script| style=|<b>|<i>|<u>|NaN|undefined/);
        // Users who cannot see the chart get the exact numbers, and each point in time has its own text.
        expect(text).toContain("12,345,678,901,234,567,890.10");
        if (x === month)
          expect(text).toMatch(/tabindex="0" role="img" aria-label="2026-01-01: &lt;i&gt;0 1\.10/);
      }
  },
);

/** A chart with `count` points; only the last one is not 0. */
const longChart = (kind: "bar" | "line", x: ReportColumn, count: number, seriesCount = 1) => {
  const pointOf = (index: number) =>
    x === month ? new Date(Date.UTC(2024, 0, 1 + index)).toISOString().slice(0, 10) : `B${index}`;
  const chart = {
    kind,
    title: "Rent",
    x,
    points: Array.from({ length: count }, (_, index) => pointOf(index)),
    isCut: false,
    isUnfinished: () => false,
    series: Array.from({ length: seriesCount }, (_, index) => ({
      title: `S${index}`,
      type: "decimal" as const,
      values: Array.from({ length: count }, (_, at) => (at === count - 1 ? "7.50" : "0")),
    })),
  };
  return renderChart(chart, dirhams).text;
};

test.each([
  ["bar", 1],
  ["bar", 2],
  ["line", 2],
] as const)("a %s chart of %i series over every day of a year has lines with all days", (kind, count) => {
  const text = longChart(kind, month, 366, count);
  expect(text).toContain("<figcaption>Rent</figcaption>");
  expect(text).not.toMatch(/<rect|<circle/);
  const lines = [...text.matchAll(/<polyline points="([^"]*)"/g)].map(([, points = ""]) => points.split(" "));
  expect(lines.map((points) => points.length)).toEqual(Array.from({ length: count }, () => 366));
  for (const points of lines) {
    const [last = [], before = []] = [points[365], points[364]].map((at) => at?.split(",").map(Number));
    expect(last[0]).toBeGreaterThan(before[0] ?? Number.NaN);
    expect(last[1]).toBeLessThan(before[1] ?? Number.NaN);
  }
});

test("a chart has at most 60 named bars, and mentions the rest", () => {
  expect(longChart("bar", month, 60)).toContain("<rect");
  expect(longChart("bar", building, 61)).toContain("<figcaption>Rent – the first 60 of 61</figcaption>");
  const data = beginChart({ kind: "bar", x: building, y: [rent] }, [building, rent], "2026-03-31");
  const add = (index: number) => data.add([`B${index}`, "1"]);
  for (let index = 0; index < 500; index++) add(index);
  add(1);
  expect(data.chart()).toMatchObject({ isCut: false });
  add(500);
  const chart = data.chart();
  if (typeof chart !== "object") throw new Error(chart);
  expect(chart.points).toHaveLength(500);
  expect(renderChart(chart, dirhams).text).toContain("– the first 60 of more than 500</figcaption>");
});

test("the address of a file has the parameters of the page, without options of CSV", () => {
  const urls = reportUrls(
    "https://gw.example",
    "rent-roll",
    new URLSearchParams("on=today+90d&building=&state=A&state=B&empty=&_locale=de&_partial=1&name=it's"),
    ["empty"],
  );
  const own = "on=today+90d&state=A&state=B&empty=";
  expect(urls.file("csv")).toBe(`/reports/rent-roll.csv?${own}&_locale=de&_partial=1&name=it%27s`);
  expect(urls.file("xlsx")).toBe(`/reports/rent-roll.xlsx?${own}&_partial=1&name=it%27s`);
  expect(urls.page({ _partial: "0" })).toContain("_partial=0");
  expect(reportUrls("https://gw.example", "a", new URLSearchParams(), []).file("csv")).toBe("/reports/a.csv");
});

test("code for other programs has the full address, and a key only if required", () => {
  const urls = reportUrls("https://gw.example", "a", new URLSearchParams("on=today"), ["on"]);
  const textOf = (needsKey: boolean) =>
    html`${renderPrograms(urls, needsKey, [building, month, letDays, { ...rent, isAmount: true }])}`.text;
  const count = (text: string) => text.split("https://gw.example/reports/a.").length - 1;
  expect(count(textOf(true))).toBe(9);
  expect(count(textOf(false))).toBe(9);
  // Excel and Power BI get every column's type and a decimal point.
  expect(textOf(true).split("Table.TransformColumnTypes")).toHaveLength(3);
  expect(textOf(true)).toContain(
    html`{{"Building", type text}, {"Month", type date}, {"Let days", Int64.Type}, {"Rent", Currency.Type}}, "en-US")`.text.replaceAll(
      '"',
      "&quot;",
    ),
  );
  expect(textOf(true)).toContain("_escape=0&quot;), [Delimiter");
  expect(textOf(true)).toContain("npm run key -- --link &#39;https://gw.example/reports/a.csv?on=today&#39;");
  expect(textOf(true)).toContain("YOUR-KEY");
  expect(textOf(false)).not.toMatch(/YOUR-KEY|--link|password/);
});

test("every text has a contrast of 4.5 at least, and every color of a chart 3, in light and dark", () => {
  const [light = "", dark = ""] = [...readAsset("frame.css").matchAll(/:root \{([^}]+)\}/g)].map(
    ([, block]) => block,
  );
  const base = colorsOf(light);
  for (const colors of [base, { ...base, ...colorsOf(dark) }]) {
    const at = (name: string) => colors[name] as string;
    for (const ink of ["ink", "soft", "accent", "bad"])
      for (const paper of ["paper", "shade"])
        expect(contrast(at(ink), at(paper)), `${ink} on ${paper}`).toBeGreaterThan(4.5);
    expect(contrast(at("on-accent"), at("accent"))).toBeGreaterThan(4.5);
    expect(contrast(at("ink"), at("bad-shade"))).toBeGreaterThan(4.5);
    for (let series = 1; series <= 8; series++)
      expect(contrast(at(`series-${series}`), at("paper")), `series ${series}`).toBeGreaterThan(3);
  }
});

const colorsOf = (block: string): Record<string, string> =>
  Object.fromEntries([...block.matchAll(/--([\w-]+): (#\w+);/g)].map(([, name, color]) => [name, color]));

/** As defined by WCAG 2. */
function contrast(one: string, other: string): number {
  const luminance = (color: string): number => {
    const hex = color.length === 4 ? color.replace(/\w/g, "$&$&") : color;
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
      const part = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test("many choices are collapsed with their explanations, and none is sent by default", () => {
  const field = {
    name: "codes",
    label: "Problems",
    kind: "choice",
    isList: true,
    isRequired: false,
    choices: Array.from({ length: 9 }, (_, index) => ({
      value: `CODE_${index}`,
      meaning: `Means <${index}>`,
    })),
    values: ["CODE_3"],
    meaning: "",
    hint: "",
  } as const;
  const textOf = (one: FormField) => (renderForm("/reports/x", [one], []) as Html).text;
  const text = textOf(field);
  expect(text).toContain("<summary>1 chosen, of 9</summary>");
  expect(text).toContain('value="CODE_3" checked>Code 3</label><p class="hint meaning">Means &lt;3&gt;</p>');
  expect(text).toContain('<input type="hidden" name="codes" value="">');
  expect(textOf({ ...field, values: [] })).toContain("<summary>Choose, of 9</summary>");
  expect(textOf({ ...field, choices: field.choices.slice(0, 8) })).not.toMatch(/details|Means/);
});
