import { afterEach, describe, expect, test, vi } from "vitest";
import { World } from "../independent/alma/world.ts";
import { stages } from "../independent/gateway.ts";
import { dayOf, lettingWorld, randomFrom } from "../independent/letting-world.ts";
import {
  managementLetters,
  ownerContracts,
  tenantContracts,
  today,
} from "../reports/independent/ends-model.ts";
import { expectedIncome } from "../reports/independent/income-model.ts";
import { expectedOccupancy } from "../reports/independent/occupancy-model.ts";
import { expectedStatement } from "../reports/independent/owner-statement-model.ts";
import { expectedRoll } from "../reports/independent/rent-roll-model.ts";
import { type Expected, expectReport, file, jsonOf } from "../reports/independent/table-model.ts";
import { expectedVacancies } from "../reports/independent/vacancies-model.ts";
import { issuesOf } from "./issue-model.ts";

const DAY = 86_400_000;

afterEach(() => void vi.useRealTimers());

/** The rows as they are now, apart from those that change. */
function copyOf(world: World): World {
  return Object.assign(new World(), structuredClone({ ...world }));
}

/** Changes values that reports show: rents, days, names, lettings, and archived records. */
function changeAtRandom(world: World, random: () => number): void {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const some = <T>(all: Iterable<T>) => [...all].filter(() => random() < 0.2);
  const clients = [...world.clients.keys()];
  for (const row of some(world.tenant_contracts.values())) {
    row.price = pick(["3000.00", "4100.25", "0.00", null]);
    row.end_date = pick([row.end_date, dayOf(Math.floor(random() * 200)), null]);
    if (row.usage) row.usage = { ...row.usage, client: pick(clients), is_archived: random() < 0.2 };
  }
  for (const row of some(world.owner_contracts.values())) {
    row.pml_end_date = pick([null, dayOf(Math.floor(random() * 200))]);
    row.start_date = dayOf(Math.floor(random() * 100));
  }
  for (const row of some(world.units.values())) {
    row.status = pick(["available", "rented", "blocked"]);
    row.is_used_additional_external_id = random() < 0.3;
  }
  for (const row of some(world.rooms.values())) row.is_archived = random() < 0.3;
  for (const row of some(world.clients.values())) row.last_name = pick(["Okafor", "Haddad", ""]) || null;
  for (const row of some(world.buildings.values())) row.name = `House ${10 + Math.floor(random() * 90)}`;
}

const over = { from: "2025-12-20", to: "2026-05-17" };
const period = `from=${over.from}&to=${over.to}`;
const ends = { from: "2026-03-01", until: "2026-05-30" };

type Row = Readonly<Record<string, unknown>>;

const rowsOf = (text: Buffer | string): Row[] => JSON.parse(String(text)) as Row[];

const codeOf = (text: string) => text.split(" ")[0];

/** Each report with its parameters, its key, and its expected result. */
const reports: readonly (readonly [
  name: string,
  query: string,
  item: string[],
  of: (world: World, day: string) => Expected,
])[] = [
  ["rent-roll", "on=2026-03-02", ["Unit or room in Alma"], (world) => expectedRoll(world, "2026-03-02")],
  ["vacancies", "on=2026-03-02", ["Unit or room in Alma"], (world) => expectedVacancies(world, "2026-03-02")],
  [
    "occupancy",
    `${period}&unit=MONTH`,
    ["Period", "Building in Alma"],
    (world) => expectedOccupancy(world, { ...over, unit: "MONTH" }),
  ],
  [
    "income",
    `${period}&unit=MONTH`,
    ["Period", "Building in Alma"],
    (world) => expectedIncome(world, { ...over, unit: "MONTH" }),
  ],
  ["owner-statement", period, ["Contract in Alma"], (world) => expectedStatement(world, over)],
  [
    "ends",
    `from=${ends.from}&until=${ends.until}`,
    ["Contract in Alma"],
    (world, day) => tenantContracts(world, ends.from, ends.until, day),
  ],
  [
    "owner-contract-ends",
    `from=${ends.from}&until=${ends.until}`,
    ["Contract in Alma"],
    (world, day) => ownerContracts(world, ends.from, ends.until, day),
  ],
  [
    "management-letter-ends",
    `from=${ends.from}&until=${ends.until}`,
    ["Contract in Alma"],
    (world, day) => managementLetters(world, ends.from, ends.until, day),
  ],
];

const readAll = `query @freshness(maxAge: 0) { buildings(first: 999) { nodes { address } } units(first: 999) { nodes { address } }
  rooms(first: 999) { nodes { number } } clients(first: 999) { nodes { phone } }
  ownerContracts(first: 999) { nodes { name rentalObject { isArchived } } }
  tenantContracts(first: 999) { nodes { name rentalObject { isArchived } } } }`;

describe.each([71, 72])("the reports of past days of portfolio %i", (seed) => {
  const start = stages(
    {
      ...{ REPORTS: "", TIME_ZONE: "UTC", PRICE_PERIOD: "month" },
      ...{ CATALOG_MAX_AGE: "604800", MAX_AGE: "86400" },
    },
    () => lettingWorld(seed, 14),
  );

  test("equal the rows of those days, and comparisons combine both, without a call", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(`${today}T08:00:00Z`) });
    // Changes of records that no list contains are unknown until they are requested.
    const { address, alma, query } = await start({}, { listsArchived: true });
    const { world } = alma;
    for (const contract of world.tenant_contracts.values()) contract.type_contract = null;
    const random = randomFrom(seed);
    const days: { readonly day: string; readonly rows: World }[] = [];
    for (let step = 0; step < 4; step++) {
      if (step > 0) changeAtRandom(world, random);
      for (let count = 0; count < 2; count++) expect((await query(readAll)).errors).toBeUndefined();
      days.push({ day: new Date().toISOString().slice(0, 10), rows: copyOf(world) });
      vi.setSystemTime(Date.now() + DAY);
    }
    alma.asked();
    for (const { day, rows } of [...days].reverse()) {
      for (const [name, parameters, , expected] of reports)
        await expectReport(address, name, `_asOf=${day}&${parameters}`, expected(rows, day));
      const issues = rowsOf(await file(address, `data-quality.json?_asOf=${day}`));
      const found = issues.map(({ Problem, Record: record, "Other record": other }) =>
        [Problem, record, ...(other === null ? [] : [other])].join(" "),
      );
      const told = issuesOf(rows, day, () => false);
      const codes = new Set(told.map(codeOf));
      expect(found.filter((text) => codes.has(codeOf(text))).sort()).toEqual(told.sort());
    }
    for (const [now, before] of [
      [days[3], days[0]],
      [days[2], days[1]],
    ] as const) {
      if (!now || !before) throw new Error("There are four days.");
      for (const [name, parameters, key, expected] of reports) {
        const query = `_asOf=${now.day}&_compare=${before.day}&${parameters}`;
        const compared = rowsOf(await file(address, `${name}.json?${query}`));
        const [one, other] = [now, before].map(({ rows, day }) => rowsOf(jsonOf(expected(rows, day))));
        const of = (row: Row, suffix: string) =>
          Object.fromEntries(
            Object.keys(row)
              .filter((title) => `${title} before` in row || key.includes(title))
              .map((title) => [title, row[key.includes(title) ? title : title + suffix]]),
          );
        const sorted = (rows: readonly Row[] = []) => rows.map((row) => JSON.stringify(row)).sort();
        expect(compared.filter(({ Change }) => Change !== "gone").map((row) => of(row, ""))).toEqual(one);
        expect(
          sorted(compared.filter(({ Change }) => Change !== "new").map((row) => of(row, " before"))),
        ).toEqual(sorted(other));
      }
    }
    expect(alma.asked()).toEqual([]);
  });
});
