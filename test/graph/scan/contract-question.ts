import { Decimal } from "decimal.js";
import fc from "fast-check";
import type { OrderInput } from "../../../src/graph/argument/order.ts";

/** A contract as filters and orders see it. */
export interface Contract {
  readonly id: number;
  readonly name: string | null;
  readonly startDate: string | null;
  readonly endDate: string | null;
  readonly price: string | null;
  readonly unitUsage: { unitId: number | null; clientId: number | null; isArchived: boolean | null } | null;
}

export const today = "2024-03-01";
const some = <V>(values: fc.Arbitrary<V>) => fc.option(values, { freq: 5 });
const day = fc.constantFrom("0001-01-01", "2024-02-29", today, "2024-03-02", "2024-12-31", "9999-12-31");
/** Contracts with only an id have these. */
export const noValues = { name: null, startDate: null, endDate: null, price: null, unitUsage: null };
/** Many of them differ by less than a double can represent. */
const price = fc.constantFrom(
  "0",
  "-0.00",
  "100",
  "100.00",
  "100.5",
  "-3",
  "9007199254740992",
  "9007199254740993",
  "9007199254740993.00",
  "0.1",
  "0.10000000000000000001",
  `${"9".repeat(400)}`,
  `${"9".repeat(400)}.1`,
  `0.${"0".repeat(400)}1`,
);
export const contractId = fc.integer({ min: 1, max: 25 });
export const contract: fc.Arbitrary<Contract> = fc.record({
  id: contractId,
  name: some(fc.constantFrom("", "Unit 9", "Unit 10", "unit 9", "Ёж", "é")),
  startDate: some(day),
  endDate: some(day),
  price: some(price),
  unitUsage: some(
    fc.record({
      unitId: some(contractId),
      clientId: some(fc.integer({ min: 1, max: 4 })),
      isArchived: some(fc.boolean()),
    }),
  ),
});

/** A filter and its expected predicate. */
export interface Meaning {
  readonly input: object;
  readonly holds: (contract: Contract) => boolean;
}

const signs: Readonly<Record<string, (sign: number) => boolean>> = {
  gt: (sign) => sign > 0,
  gte: (sign) => sign >= 0,
  lt: (sign) => sign < 0,
  lte: (sign) => sign <= 0,
  eq: (sign) => sign === 0,
};
const operator = fc.constantFrom(...Object.keys(signs));
const compareTexts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const comparePrices = (a: string, b: string) => new Decimal(a).cmp(b);
const compares = (
  field: "price" | "startDate" | "endDate",
  values: fc.Arbitrary<string>,
  compare: (a: string, b: string) => number,
): fc.Arbitrary<Meaning> =>
  fc.tuple(operator, values).map(([name, operand]) => ({
    input: { [field]: { [name]: operand } },
    holds: ({ [field]: value }) => value !== null && signs[name]?.(compare(value, operand)) === true,
  }));
const stateOf = ({ startDate, endDate, unitUsage }: Contract, on: string) => {
  if (unitUsage?.isArchived) return "ARCHIVED";
  if (startDate && startDate > on) return "PLANNED";
  return endDate && endDate < on ? "ENDED" : "ACTIVE";
};

const condition: fc.Arbitrary<Meaning> = fc.oneof(
  compares("price", price, comparePrices),
  compares("startDate", day, compareTexts),
  compares("endDate", day, compareTexts),
  fc.array(price, { maxLength: 4 }).map((list) => ({
    input: { price: { in: list } },
    holds: (row: Contract) =>
      row.price !== null && list.some((item) => comparePrices(item, row.price as string) === 0),
  })),
  fc.boolean().map((isNull) => ({
    input: { price: { isNull } },
    holds: (row: Contract) => (row.price === null) === isNull,
  })),
  fc.boolean().map((isNull) => ({
    input: { name: { isNull } },
    holds: (row: Contract) => (row.name === null) === isNull,
  })),
  fc
    .constantFrom("Unit 9", "é")
    .map((name) => ({ input: { name: { ne: name } }, holds: (row: Contract) => row.name !== name })),
  fc.constantFrom("UNIT", "9").map((part) => ({
    input: { name: { contains: part } },
    holds: (row: Contract) => row.name?.toUpperCase().includes(part) === true,
  })),
  fc.boolean().map((flag) => ({
    input: { isArchived: flag },
    holds: (row: Contract) => row.unitUsage?.isArchived === flag,
  })),
  fc.integer({ min: 1, max: 4 }).map((client) => ({
    input: { client: { almaId: client } },
    holds: (row: Contract) => row.unitUsage?.clientId === client,
  })),
  day.map((on) => ({ input: { activeOn: on }, holds: (row: Contract) => stateOf(row, on) === "ACTIVE" })),
  fc.subarray(["PLANNED", "ACTIVE", "ENDED", "ARCHIVED"]).map((states) => ({
    input: { state: states },
    holds: (row: Contract) => states.includes(stateOf(row, today)),
  })),
  contractId.map((least) => ({
    input: { almaId: { gte: least } },
    holds: (row: Contract) => row.id >= least,
  })),
);
export const { filter } = fc.letrec<{ filter: Meaning }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    condition,
    fc.array(tie("filter"), { maxLength: 3 }).map((parts) => ({
      input: { and: parts.map(({ input }) => input) },
      holds: (row: Contract) => parts.every(({ holds }) => holds(row)),
    })),
    fc.array(tie("filter"), { maxLength: 3 }).map((parts) => ({
      input: { or: parts.map(({ input }) => input) },
      holds: (row: Contract) => parts.some(({ holds }) => holds(row)),
    })),
    tie("filter").map((part) => ({ input: { not: part.input }, holds: (row: Contract) => !part.holds(row) })),
  ),
}));

const collator = new Intl.Collator("en", { numeric: true });
const orders: Readonly<Record<string, (a: Contract, b: Contract) => number>> = {
  PRICE: byValue((row) => row.price, comparePrices),
  START_DATE: byValue((row) => row.startDate, compareTexts),
  NAME: byValue(
    (row) => row.name,
    (a, b) => collator.compare(a, b) || compareTexts(a, b),
  ),
  ALMA_ID: (a, b) => a.id - b.id,
};
/** Compares by a value; rows without one compare as `NaN`. */
function byValue(read: (row: Contract) => string | null, compare: (a: string, b: string) => number) {
  return (a: Contract, b: Contract): number => {
    const [x, y] = [read(a), read(b)];
    if (x === null || y === null)
      return x === y ? 0 : x === null ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    return compare(x, y);
  };
}
export const orderBy: fc.Arbitrary<OrderInput[]> = fc.uniqueArray(
  fc.record({ field: fc.constantFrom(...Object.keys(orders)), direction: fc.constantFrom("ASC", "DESC") }),
  { selector: ({ field }) => field, maxLength: 3 },
);
/** The order of these terms; equal contracts are ordered by Alma id. */
export function compareBy(terms: readonly OrderInput[]) {
  return (a: Contract, b: Contract): number => {
    for (const { field, direction } of terms) {
      const sign = orders[field]?.(a, b) ?? 0;
      // A missing value is last in both directions.
      if (sign !== 0) return direction === "DESC" && Number.isFinite(sign) ? -sign : sign;
    }
    return b.id - a.id;
  };
}
