import { Decimal } from "decimal.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decimal } from "../../../src/alma/index.ts";
import { dayNumberOf, dayText } from "../../../src/graph/rent/day.ts";
import {
  monthlyPriceOf,
  type PricedContract,
  type PricePeriod,
  rentOfDays,
  rentTermsOf,
} from "../../../src/graph/rent/rent.ts";

const settings = (usual: PricePeriod, decimals = 2, byType: [string, PricePeriod][] = []) => ({
  pricePeriods: { usual, byType: new Map(byType) },
  decimals,
});

function rentBetween(
  contract: PricedContract,
  from: string,
  to: string,
  rent: ReturnType<typeof settings>,
): string | null {
  const terms = rentTermsOf(contract, rent);
  return terms && decimal.formatUnits(rentOfDays(terms, dayNumberOf(from), dayNumberOf(to)), rent.decimals);
}

const contract = (price: string, startDate: string | null, endDate: string | null, typeContract = "") => ({
  price,
  startDate,
  endDate,
  typeContract,
  unitUsage: { isArchived: false },
});

/** The first and last days of consecutive months, starting with the given month. */
function months(year: number, month: number, count: number): [string, string][] {
  return Array.from({ length: count }, (_, index) => {
    const first = new Date(Date.UTC(year, month - 1 + index, 1)).toISOString().slice(0, 10);
    const last = new Date(Date.UTC(year, month + index, 0)).toISOString().slice(0, 10);
    return [first, last];
  });
}

describe("a rent", () => {
  test("of 5000.00 a month from 15 January to 14 June is 2741.94, four times 5000.00, 2333.33", () => {
    const stay = contract("5000.00", "2026-01-15", "2026-06-14");
    const rents = months(2026, 1, 7).map(([from, to]) => rentBetween(stay, from, to, settings("month")));
    expect(rents).toEqual(["2741.94", "5000.00", "5000.00", "5000.00", "5000.00", "2333.33", "0.00"]);
  });

  test("of 100000.00 a year is 8333.33, 8333.34, 8333.33 month by month, and exact for the whole year", () => {
    const stay = contract("100000.00", "2026-01-01", null);
    const rents = months(2026, 1, 12).map(([from, to]) => rentBetween(stay, from, to, settings("year")));
    expect(rents.slice(0, 3)).toEqual(["8333.33", "8333.34", "8333.33"]);
    expect(Decimal.sum(...rents.map(String)).toFixed(2)).toBe("100000.00");
    expect(rentBetween(stay, "2028-01-01", "2028-12-31", settings("year"))).toBe("100000.00");
    expect(monthlyPriceOf(stay, settings("year"))).toBe("8333.33");
  });

  test("of 1000.00 for 30 January to 5 February is 285.71 and 714.29, and 4345.24 by the month", () => {
    const stay = contract("1000.00", "2026-01-30", "2026-02-05");
    const [january, february] = months(2026, 1, 2).map(([from, to]) =>
      rentBetween(stay, from, to, settings("contract")),
    );
    expect([january, february]).toEqual(["285.71", "714.29"]);
    expect(monthlyPriceOf(stay, settings("contract"))).toBe("4345.24");
  });

  test("of an exceptional kind of contract is computed by its own period", () => {
    const rent = settings("contract", 2, [["Long-term 3+ months", "year"]]);
    const long = contract("12000.00", "2026-01-01", "2026-12-31", "Long-term 3+ months");
    expect(monthlyPriceOf(long, rent)).toBe("1000.00");
    expect(rentBetween(long, "2026-02-01", "2026-02-28", rent)).toBe("1000.00");
    expect(monthlyPriceOf({ ...long, typeContract: "Airbnb" }, rent)).toBe("1000.00");
    expect(rentBetween({ ...long, typeContract: "Airbnb" }, "2026-02-01", "2026-02-28", rent)).toBe("920.55");
  });

  test("is null if the contract is archived, has no price, ends before it starts, or has no days to divide by", () => {
    const stay = contract("100.00", "2026-01-10", "2026-01-20");
    const january = (changes: Partial<PricedContract>, period: PricePeriod = "month") =>
      rentBetween({ ...stay, ...changes }, "2026-01-01", "2026-01-31", settings(period));
    expect(january({})).toBe("35.48");
    expect(january({ unitUsage: { isArchived: null } })).toBe("35.48");
    expect(january({ unitUsage: null })).toBe("35.48");
    expect(january({ unitUsage: { isArchived: true } })).toBeNull();
    expect(january({ price: null })).toBeNull();
    expect(january({ endDate: "2026-01-09" })).toBeNull();
    expect(january({ startDate: null }, "contract")).toBeNull();
    expect(january({ endDate: null }, "contract")).toBeNull();
    expect(january({ startDate: null, endDate: null })).toBe("100.00");
    const unset = { pricePeriods: undefined, decimals: 2 };
    expect(rentTermsOf(stay, unset)).toBeNull();
    expect(monthlyPriceOf(stay, unset)).toBeNull();
  });

  test("has the decimals of the currency, and rounds halves away from zero", () => {
    expect(
      rentBetween(contract("5", "2026-06-01", null), "2026-06-01", "2026-06-03", settings("month", 0)),
    ).toBe("1");
    expect(
      rentBetween(contract("-5", "2026-06-01", null), "2026-06-01", "2026-06-03", settings("month", 0)),
    ).toBe("-1");
    expect(
      rentBetween(contract("1", "2026-06-01", null), "2026-06-01", "2026-06-01", settings("month", 3)),
    ).toBe("0.033");
    expect(monthlyPriceOf(contract("0.06", null, null), settings("year", 2))).toBe("0.01");
  });
});

/** R(d) by definition, day by day, in fractions of one denominator, without the code under test. */
function slowRentUntil(stay: PricedContract, period: PricePeriod, decimals: number, until: string): bigint {
  const common = 28n * 29n * 30n * 31n * 12n;
  const toDate = (text: string) => new Date(`${text}T00:00:00Z`);
  const step = (date: Date) => new Date(date.getTime() + 86_400_000);
  const start = toDate(stay.startDate ?? "1900-01-01");
  const end = stay.endDate == null ? undefined : toDate(stay.endDate);
  const total = end ? BigInt(Math.round((end.getTime() - start.getTime()) / 86_400_000) + 1) : 1n;
  let parts = 0n;
  for (let day = start; day <= toDate(until) && (!end || day <= end); day = step(day)) {
    const length = BigInt(new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate());
    parts += period === "contract" ? common : common / length / (period === "year" ? 12n : 1n);
  }
  const [whole = "", fraction = ""] = String(stay.price).split(".");
  const dividend = BigInt(whole + fraction) * parts * 10n ** BigInt(decimals);
  const divisor = common * (period === "contract" ? total : 1n) * 10n ** BigInt(fraction.length);
  const size = dividend < 0n ? -dividend : dividend;
  const rounded = size / divisor + (2n * (size % divisor) >= divisor ? 1n : 0n);
  return dividend < 0n ? -rounded : rounded;
}

test("rents of random contracts, periods and prices equal a count day by day, to the last digit", () => {
  const day = fc
    .integer({ min: -800, max: 1600 })
    .map((offset) => dayText(dayNumberOf("2024-01-01") + offset));
  const price = fc
    .tuple(fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }), fc.integer({ min: 0, max: 5 }), fc.boolean())
    .map(([units, scale, isSmall]) => decimal.formatUnits(isSmall ? units / 10n ** 9n : units, scale));
  fc.assert(
    fc.property(
      price,
      day,
      fc.option(day),
      fc.constantFrom<PricePeriod>("month", "year", "contract"),
      fc.constantFrom(0, 2, 3, 4),
      day,
      day,
      (amount, startDate, endDate, period, decimals, one, other) => {
        const stay = contract(amount, startDate, endDate);
        const [from = "", to = ""] = [one, other].sort();
        const isTold = endDate === null ? period !== "contract" : endDate >= startDate;
        const before = dayText(dayNumberOf(from) - 1);
        const expected = isTold
          ? slowRentUntil(stay, period, decimals, to) - slowRentUntil(stay, period, decimals, before)
          : undefined;
        const found = rentBetween(stay, from, to, settings(period, decimals));
        expect(found).toBe(expected === undefined ? null : decimal.formatUnits(expected, decimals));
      },
    ),
    { numRuns: 300 },
  );
});

test("days are numbers as the calendar counts them", () => {
  for (const text of ["0001-01-01", "1900-02-28", "1900-03-01", "2000-02-29", "2026-12-31", "9999-12-31"]) {
    expect(dayNumberOf(text)).toBe(Date.parse(`${text}T00:00:00Z`) / 86_400_000);
    expect(dayText(dayNumberOf(text))).toBe(text);
  }
});
