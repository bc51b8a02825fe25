import type { TenantContractRow, World } from "../../independent/alma/world.ts";
import { covers } from "../../independent/letting-world.ts";
import { type Priced, periodsOf, rentBetween, type Unit } from "../../independent/read/group-arithmetic.ts";
import {
  buildingIdOf,
  buildingOf,
  byBuilding,
  daysBetween,
  decimal,
  distinct,
  type Expected,
  objectOf,
  type Value,
} from "./table-model.ts";

export const titles = [
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
export const PRICE_PERIOD = "month; Long-term 3+ months=year; Airbnb=contract";

const pricedOf = ({ price, type_contract, start_date, end_date, usage }: TenantContractRow): Priced => ({
  price,
  period: type_contract === "Airbnb" ? "contract" : type_contract === null ? "month" : "year",
  from: start_date,
  to: end_date,
  isArchived: usage?.is_archived === true,
});

/** Decimals in cents. */
const cents = (text: string): bigint => BigInt(text.replace(".", ""));

function money(sum: bigint): string {
  const digits = String(sum < 0n ? -sum : sum).padStart(3, "0");
  return `${sum < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** The same day one year earlier; the last day of a month stays the last. */
function yearBefore(day: string): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  const lastOf = (of: number) => new Date(Date.UTC(of, month, 0)).getUTCDate();
  const before = date === lastOf(year) ? lastOf(year - 1) : Math.min(date, lastOf(year - 1));
  return new Date(Date.UTC(year - 1, month - 1, before)).toISOString().slice(0, 10);
}

/** The increase of an amount over another in percent of the latter, with one decimal. */
function change(amount: string, other: string): string | null {
  const [one, base] = [cents(amount), cents(other)];
  if (base === 0n) return null;
  const [difference, sign] = one < base ? [base - one, "-"] : [one - base, ""];
  const tenths = (difference * 2000n + base) / (base * 2n);
  return `${tenths === 0n ? "" : sign}${tenths / 10n}.${tenths % 10n}`;
}

export interface Over {
  readonly from: string;
  readonly to: string;
  readonly unit: Unit;
}
interface Selected {
  readonly only?: number | undefined;
  readonly isPriced?: boolean;
}

/**
 * The report, with the rent of the period one year earlier beside each rent. In periods with contracts, buildings that
 * only had contracts one year earlier come last.
 */
export function expectedIncome(world: World, over: Over, selected: Selected = {}): Expected {
  const earlier = incomeRows(
    world,
    { ...over, from: yearBefore(over.from), to: yearBefore(over.to) },
    selected,
  );
  const amountOf = (value: Value = null) => (typeof value === "object" ? (value?.decimal ?? null) : null);
  const present = incomeRows(world, over, selected);
  const isPeriodPair = (row: Value[], one: Value[]) =>
    [0, 1].every((index) => one[index] === yearBefore(String(row[index])));
  const isPair = (row: Value[], one: Value[]) =>
    isPeriodPair(row, one) && one[2] === row[2] && one[6] === row[6];
  const rows = present.map((row) => {
    const other = earlier.find((one) => isPair(row, one));
    const [rent, before] = [amountOf(row[5]), amountOf(other?.[5])];
    const percent = rent === null || before === null ? null : change(rent, before);
    return [...row.slice(0, 6), decimal(before), decimal(percent), row[6] ?? null];
  });
  for (const one of earlier) {
    const period = present.find((row) => isPeriodPair(row, one));
    if (!period || present.some((row) => isPair(row, one))) continue;
    const [from = null, to = null] = period;
    rows.push([from, to, one[2] ?? null, null, null, null, decimal(amountOf(one[5])), null, one[6] ?? null]);
  }
  return { titles, rows };
}

/** The rents, computed from every contract on every day. */
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
