import { expect, test } from "vitest";
import { listReports } from "../../../src/capabilities/reports/definition/report.ts";
import { skipWaiting } from "../../support/clock.ts";
import { hasPython, readWorkbooks, type SheetCell } from "../../support/python.ts";
import { startReports } from "../run/reports.ts";

const reports = [
  "rent-roll",
  "vacancies",
  "income",
  "rent-changes",
  "occupancy",
  "ends",
  "owner-statement",
  "owner-contract-ends",
  "management-letter-ends",
  "ends-to-call",
];
const withoutBuilding = ["data-quality", "buildings", "owners"];
const buildings = Array.from({ length: 9 }, (_, index) => index);

/** A number or day as Excel shows it; a text that is too long only overflows. */
function shown([, kind, style, value]: SheetCell): string {
  if (kind !== "n") return "";
  if (style === "2") return "2026-12-01";
  if (style === "4") return "2026-12-01 08:00";
  return style === "3" ? Number(value).toLocaleString("en", { minimumFractionDigits: 2 }) : value;
}

test.skipIf(!hasPython)(
  "100 files of reports have room for each number and day in them",
  { timeout: 600_000 },
  async () => {
    const { get, query } = await startReports(
      undefined,
      { PRICE_PERIOD: "month", CURRENCY: "AED" },
      { size: 1 },
    );
    const { data } = await query("{ buildings { nodes { id } } }");
    const ids: string[] = data.buildings.nodes.map(({ id }: { readonly id: string }) => id);
    const paths = reports.flatMap((report) => [
      `${report}.xlsx`,
      ...buildings.map((index) =>
        report === "owner-statement"
          ? `${report}.xlsx?from=startOfMonth-${index + 2}m`
          : `${report}.xlsx?building=${ids[index % ids.length]}&${report === "rent-changes" ? "nowUntil" : report === "rent-roll" || report === "vacancies" ? "on" : report.includes("ends") ? "until" : "to"}=today${index < ids.length ? "" : `+${index}d`}`,
      ),
    ]);
    paths.push(...withoutBuilding.map((report) => `${report}.xlsx`));
    expect([...reports, ...withoutBuilding].sort()).toEqual([...listReports().keys()].sort());
    expect(new Set(paths).size).toBeGreaterThanOrEqual(100);
    const files: Uint8Array[] = [];
    for (const path of paths) {
      const { status, bytes, text } = await skipWaiting(get(path));
      expect(status, `${path} ${text.slice(0, 200)}`).toBe(200);
      files.push(bytes);
    }
    let numbers = 0;
    for (const [at, { sheets, widths }] of readWorkbooks(files).entries())
      for (const row of sheets[0] ?? [])
        for (const cell of row) {
          const column = cell[0].replace(/\d/g, "");
          const index = [...column].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
          const text = shown(cell);
          if (text !== "") numbers += 1;
          expect(widths[index], `${paths[at]} ${cell[0]} ${text}`).toBeGreaterThanOrEqual(text.length + 1);
        }
    expect(numbers).toBeGreaterThan(5_000);
  },
);
