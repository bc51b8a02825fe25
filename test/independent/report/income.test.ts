import { parquetReadObjects } from "hyparquet";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { contrary } from "../alma/quirk.ts";
import { addBuilding, addTenantContract, addUnit } from "../alma/row.ts";
import { type TenantContractRow, World } from "../alma/world.ts";
import { stages } from "../gateway.ts";
import { covers, lettingWorld } from "../letting-world.ts";
import { type Priced, periodsOf, rentBetween, type Unit } from "../read/group-arithmetic.ts";
import {
  buildingIdOf,
  buildingOf,
  byBuilding,
  daysBetween,
  decimal,
  distinct,
  type Expected,
  expectReport,
  file,
  objectOf,
  type Value,
} from "./table-model.ts";

const titles = [
  "Period",
  "Until",
  "Building",
  "Contracts",
  "Contracts with a rent",
  "Agreed rent",
  "A year before",
  "Change, %",
  "Building in Alma",
];
const PRICE_PERIOD = "month; Long-term 3+ months=year; Airbnb=contract";

const pricedOf = ({ price, type_contract, start_date, end_date, usage }: TenantContractRow): Priced => ({
  price,
  period: type_contract === "Airbnb" ? "contract" : type_contract === null ? "month" : "year",
  from: start_date,
  to: end_date,
  isArchived: usage?.is_archived === true,
});

/** Decimals as whole cents. */
const cents = (text: string): bigint => BigInt(text.replace(".", ""));

function money(sum: bigint): string {
  const digits = String(sum < 0n ? -sum : sum).padStart(3, "0");
  return `${sum < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** The same day a year before; the last day of a month stays the last. */
function yearBefore(day: string): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  const lastOf = (of: number) => new Date(Date.UTC(of, month, 0)).getUTCDate();
  const before = date === lastOf(year) ? lastOf(year - 1) : Math.min(date, lastOf(year - 1));
  return new Date(Date.UTC(year - 1, month - 1, before)).toISOString().slice(0, 10);
}

/** What an amount is more than another, in percent of that, to one decimal. */
function change(amount: string, other: string): string | null {
  const [one, base] = [cents(amount), cents(other)];
  if (base === 0n) return null;
  const [difference, sign] = one < base ? [base - one, "-"] : [one - base, ""];
  const tenths = (difference * 2000n + base) / (base * 2n);
  return `${tenths === 0n ? "" : sign}${tenths / 10n}.${tenths % 10n}`;
}

interface Over {
  readonly from: string;
  readonly to: string;
  readonly unit: Unit;
}
interface Selected {
  readonly only?: number | undefined;
  readonly isPriced?: boolean;
}

/** The report, and beside each rent that of the period which began a year before. */
function expectedIncome(world: World, over: Over, selected: Selected = {}): Expected {
  const earlier = incomeRows(
    world,
    { ...over, from: yearBefore(over.from), to: yearBefore(over.to) },
    selected,
  );
  const amountOf = (value: Value = null) => (typeof value === "object" ? (value?.decimal ?? null) : null);
  const rows = incomeRows(world, over, selected).map((row) => {
    const start = yearBefore(String(row[0]));
    const other = earlier.find((one) => one[0] === start && one[2] === row[2] && one[6] === row[6]);
    const [rent, before] = [amountOf(row[5]), amountOf(other?.[5])];
    const percent = rent === null || before === null ? null : change(rent, before);
    return [...row.slice(0, 6), decimal(before), decimal(percent), row[6] ?? null];
  });
  return { titles, rows };
}

/** The rents, by looking at every contract on every day. */
function incomeRows(world: World, over: Over, { only, isPriced = true }: Selected): Value[][] {
  const contracts = [...world.tenant_contracts.values()];
  return periodsOf(over).flatMap(({ from, to }) => {
    const days = [...daysBetween(from, to)];
    const own = contracts.filter((contract) => days.some((day) => covers(contract, day)));
    const buildingOfContract = (contract: TenantContractRow) => buildingOf(objectOf(world, contract));
    const buildings = distinct(own.map(buildingOfContract), byBuilding(world));
    return buildings
      .filter((building) => only === undefined || building === only)
      .map((building) => {
        const here = own.filter((contract) => buildingOfContract(contract) === building);
        const rents = here.flatMap((contract) =>
          isPriced ? (rentBetween(pricedOf(contract), from, to) ?? []) : [],
        );
        const sum = money(rents.reduce((total, rent) => total + cents(rent), 0n));
        return [
          from,
          to,
          world.buildings.get(building ?? 0)?.name ?? null,
          here.length,
          isPriced ? rents.length : null,
          decimal(isPriced && rents.length > 0 ? sum : null),
          buildingIdOf(building),
        ];
      });
  });
}

describe.each([
  [41, {}],
  [42, { ...contrary, listsArchived: true }],
])("the agreed rents of portfolio %i", (seed, quirks) => {
  const world = lettingWorld(seed, 20);
  const start = stages({ REPORTS: "", CATALOG: "on", TIME_ZONE: "UTC", PRICE_PERIOD }, () => world);

  test("are what looking at every day gives, over any periods and in one building", async () => {
    const { address, warm } = await start({}, quirks);
    await warm();
    const [building] = [...world.buildings.keys()];
    for (const unit of ["MONTH", "WEEK", "QUARTER"] as const) {
      const over = { from: "2026-01-20", to: "2026-05-17", unit };
      const query = `from=${over.from}&to=${over.to}&unit=${unit}`;
      await expectReport(address, "income", query, expectedIncome(world, over));
      await expectReport(
        address,
        "income",
        `${query}&building=${building}`,
        expectedIncome(world, over, { only: building }),
      );
    }
  });

  test("are those of the twelve months until the end of this one, if on 17 May nothing is asked for", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 4, 17, 12) });
    onTestFinished(() => void vi.useRealTimers());
    const { address, warm } = await start({}, quirks);
    await warm();
    const over = { from: "2025-06-01", to: "2026-05-31", unit: "MONTH" } as const;
    await expectReport(address, "income", "", expectedIncome(world, over));
  });

  test("are empty while PRICE_PERIOD is not set", async () => {
    const { address, warm } = await start({ PRICE_PERIOD: "" }, quirks);
    await warm();
    const over = { from: "2026-02-01", to: "2026-03-31", unit: "MONTH" } as const;
    const query = `from=${over.from}&to=${over.to}`;
    await expectReport(address, "income", query, expectedIncome(world, over, { isPriced: false }));
  });
});

/** A portfolio of one contract. */
function oneContract(terms: Partial<TenantContractRow>): World {
  const world = new World();
  const building = addBuilding(world, { name: "Tower" });
  const unit = addUnit(world, { building: building.id });
  addTenantContract(world, { unit: unit.id, client: null }, terms);
  return world;
}

describe.each([
  [
    "5000.00 a month from 15 January to 14 June",
    "month",
    { price: "5000.00", start_date: "2026-01-15", end_date: "2026-06-14" },
    ["2741.94", "5000.00", "5000.00", "5000.00", "5000.00", "2333.33"],
    "25075.27",
  ],
  [
    "100000.00 a year in 2026",
    "year",
    { price: "100000.00", start_date: "2026-01-01", end_date: "2026-12-31" },
    [1, 2, 3, 4].flatMap(() => ["8333.33", "8333.34", "8333.33"]),
    "100000.00",
  ],
  [
    "1000.00 by contract from 30 January to 5 February",
    "contract",
    { price: "1000.00", start_date: "2026-01-30", end_date: "2026-02-05" },
    ["285.71", "714.29"],
    "1000.00",
  ],
])("%s", (_title, period, terms, rents, total) => {
  const world = oneContract(terms);
  const id = buildingIdOf([...world.buildings.keys()][0] ?? null);
  const start = stages({ REPORTS: "", CATALOG: "on", PRICE_PERIOD: period }, () => world);

  test("is so by month, and adds up to the rent of the year", async () => {
    const { address, warm } = await start();
    await warm();
    const rows = rents.map((rent, index) => {
      const [from, to] = [new Date(Date.UTC(2026, index, 1)), new Date(Date.UTC(2026, index + 1, 0))];
      const days = [from, to].map((day) => day.toISOString().slice(0, 10));
      return [...days, "Tower", 1, 1, decimal(rent), null, null, id];
    });
    const query = "from=2026-01-01&to=2026-12-31";
    await expectReport(address, "income", query, { titles, rows });
    await expectReport(address, "income", `${query}&unit=YEAR`, {
      titles,
      rows: [["2026-01-01", "2026-12-31", "Tower", 1, 1, decimal(total), null, null, id]],
    });
    const bytes = await file(address, `income.parquet?${query}`);
    const parquet = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    const read = await parquetReadObjects({ file: parquet });
    expect(read.map((row) => row["Agreed rent"])).toEqual(rents.map(Number));
  });
});
