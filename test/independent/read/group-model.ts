import { Decimal } from "decimal.js";
import fc from "fast-check";
import { amountsOf, type Period, periodsOf, truncated, type Unit } from "./group-arithmetic.ts";

type Value = string | number | boolean | null;

/** The groups that a table offers, by the schema's names, and their meaning for a row. */
export interface GroupTable<Row> {
  readonly type: string;
  readonly root: string;
  readonly rows: () => readonly Row[];
  /** By the enum's value: the field of the keys, its selection, its value, and its sort value. */
  readonly keys: Readonly<
    Record<
      string,
      {
        readonly field: string;
        readonly select?: string;
        readonly of: (row: Row, on: string) => Value;
        readonly shown?: (value: Value) => unknown;
        readonly ranks?: (value: Value) => readonly Value[];
        readonly isDay?: true;
      }
    >
  >;
  readonly amounts: Readonly<
    Record<string, { readonly sum: string; readonly of: (row: Row) => string | null }>
  >;
  readonly dates: Readonly<Record<string, (row: Row) => string | null>>;
  /** Other numbers: their selection, their value, and their sort value. */
  readonly extra?: {
    readonly select: string;
    readonly of: (rows: readonly Row[], on: string, period: Period | undefined) => Record<string, unknown>;
    readonly orders: Readonly<
      Record<string, (rows: readonly Row[], on: string, period: Period | undefined) => number | null>
    >;
  };
  /** Whether all rows count in every period. */
  readonly isInAllPeriods?: true;
  /** For tables that periods can split: a row's days, and its amount in a period. */
  readonly covers?: {
    readonly from: (row: Row) => string | null;
    readonly to: (row: Row) => string | null;
    readonly isArchived: (row: Row) => boolean;
    readonly rent?: (row: Row, from: string, to: string) => string | null;
  };
}

/** A query for groups, as its arguments have it. */
export interface Question {
  readonly by: readonly { readonly field: string; readonly unit?: Unit }[];
  readonly over?: { readonly from: string; readonly to: string; readonly unit: Unit };
  readonly on?: string;
  readonly having?: { readonly count: Readonly<Record<string, number>> };
  readonly orderBy: readonly { readonly field: string; readonly direction: "ASC" | "DESC" }[];
  readonly distinct: string;
  readonly first: number;
}

const UNITS: readonly Unit[] = ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"];

/** A random query about a table. */
export function questionOf<Row>({
  keys,
  amounts,
  covers,
  extra,
  isInAllPeriods,
}: GroupTable<Row>): fc.Arbitrary<Question> {
  const unit = fc.constantFrom(...UNITS);
  const over = fc
    .tuple(fc.constantFrom("2023-11-20", "2024-01-01", "2024-02-29"), fc.constantFrom(0, 6, 45, 380), unit)
    .map(([from, days, chosen]) => ({ from, to: dayAfter(from, days), unit: chosen }));
  return fc
    .record({
      by: fc.shuffledSubarray(Object.keys(keys), { maxLength: 3 }),
      units: fc.array(fc.option(unit, { nil: undefined }), { minLength: 3, maxLength: 3 }),
      over: covers || isInAllPeriods ? fc.option(over, { nil: undefined }) : fc.constant(undefined),
      on: fc.option(fc.constantFrom("2023-12-31", "2024-03-01", "2025-06-01"), { nil: undefined }),
      having: fc.option(
        fc.constantFrom<Record<string, number>>({ gt: 1 }, { lte: 2 }, { ne: 1 }, { gte: 2, lt: 6 }),
        { nil: undefined },
      ),
      order: fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 3 }),
      distinct: fc.constantFrom(...Object.keys(keys)),
      first: fc.integer({ min: 1, max: 12 }),
    })
    .map(({ by, units, having, order, ...question }) => {
      const sums = Object.values(amounts).map(({ sum }) => sum);
      const days = covers ? ["DAYS", ...(covers.rent ? ["RENT_SUM"] : [])] : [];
      const inPeriods = question.over ? ["PERIOD", ...days] : [];
      const fields = [...by, "COUNT", ...sums, ...inPeriods, ...Object.keys(extra?.orders ?? {})];
      const chosen = new Map(order.map(([index, down]) => [fields[index % fields.length] as string, down]));
      return {
        ...question,
        by: by.map((field, index) => ({
          field,
          ...(keys[field]?.isDay && units[index] && { unit: units[index] }),
        })),
        ...(having && { having: { count: having } }),
        orderBy: [...chosen].map(([field, down]) => ({ field, direction: down ? "DESC" : "ASC" })),
      };
    });
}

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

interface Found<Row> {
  readonly keys: readonly Value[];
  readonly period: Period | undefined;
  readonly rows: readonly Row[];
}

/** The groups that a query asks for, in order: checks every row for every group. */
export function answerOf<Row>(
  table: GroupTable<Row>,
  rows: readonly Row[],
  question: Question,
  today: string,
): { readonly totalCount: number; readonly nodes: readonly Record<string, unknown>[] } {
  const { covers } = table;
  const on = question.on ?? today;
  const keyOf = (field: string, row: Row, unit: Unit | undefined): Value => {
    const key = table.keys[field];
    const value = key?.of(row, on) ?? null;
    return key?.isDay && value !== null ? truncated(String(value), unit ?? "DAY") : value;
  };
  const periods = question.over ? periodsOf(question.over) : [undefined];
  const groups = periods.flatMap((period): Found<Row>[] => {
    const inside = rows.filter((row) => !period || !covers || overlaps(covers, row, period));
    if (question.by.length === 0) return [{ keys: [], period, rows: inside }];
    const byKeys = new Map<string, Found<Row> & { rows: Row[] }>();
    for (const row of inside) {
      const keys = question.by.map(({ field, unit }) => keyOf(field, row, unit));
      const group = byKeys.get(JSON.stringify(keys)) ?? { keys, period, rows: [] };
      group.rows.push(row);
      byKeys.set(JSON.stringify(keys), group);
    }
    return [...byKeys.values()];
  });
  const kept = groups.filter(({ rows: { length } }) => meets(length, question.having?.count ?? {}));
  const shown = kept.map((group) => ({ group, node: nodeOf(table, group, question, on, keyOf) }));
  shown.sort((a, b) => compareBy(table, question, on, a, b));
  return { totalCount: kept.length, nodes: shown.map(({ node }) => node) };
}

function meets(count: number, conditions: Readonly<Record<string, number>>): boolean {
  const holds: Record<string, (wanted: number) => boolean> = {
    gt: (wanted) => count > wanted,
    gte: (wanted) => count >= wanted,
    lt: (wanted) => count < wanted,
    lte: (wanted) => count <= wanted,
    ne: (wanted) => count !== wanted,
  };
  return Object.entries(conditions).every(([name, wanted]) => holds[name]?.(wanted));
}

type Covers<Row> = NonNullable<GroupTable<Row>["covers"]>;

function overlaps<Row>({ from, to }: Covers<Row>, row: Row, period: Period): boolean {
  const [first, last] = [from(row) ?? "0000", to(row) ?? "9999-99"];
  return first <= last && first <= period.to && last >= period.from;
}

function nodeOf<Row>(
  { keys, amounts, dates, covers, extra, isInAllPeriods }: GroupTable<Row>,
  group: Found<Row>,
  question: Question,
  on: string,
  keyOf: (field: string, row: Row, unit: Unit | undefined) => Value,
): Record<string, unknown> {
  const { period, rows } = group;
  const shownKeys = question.by.map(({ field }, index) => {
    const key = keys[field];
    const value = group.keys[index] ?? null;
    return [key?.field, value === null ? null : (key?.shown?.(value) ?? value)];
  });
  const datesOf = (values: readonly (string | null)[]) => {
    const known = values.filter((value): value is string => value !== null).sort();
    return { count: known.length, min: known[0] ?? null, max: known.at(-1) ?? null };
  };
  const different = new Set(rows.map((row) => keyOf(question.distinct, row, undefined)));
  different.delete(null);
  return {
    ...(shownKeys.length > 0 && { keys: Object.fromEntries(shownKeys) }),
    count: rows.length,
    distinct: different.size,
    ...Object.fromEntries(Object.entries(amounts).map(([name, { of }]) => [name, amountsOf(rows.map(of))])),
    ...Object.fromEntries(Object.entries(dates).map(([name, of]) => [name, datesOf(rows.map(of))])),
    ...extra?.of(rows, on, period),
    ...((covers || isInAllPeriods) && { period: period ?? null }),
    ...(covers && {
      days: period ? rows.reduce((sum, row) => sum + daysIn(covers, row, period), 0) : null,
    }),
    ...(covers?.rent && {
      rent: period ? amountsOf(rows.map((row) => covers.rent?.(row, period.from, period.to) ?? null)) : null,
    }),
  };
}

function daysIn<Row>({ from, to, isArchived }: Covers<Row>, row: Row, period: Period): number {
  if (isArchived(row)) return 0;
  let days = 0;
  for (let day = period.from; day <= period.to; day = dayAfter(day, 1))
    if (day >= (from(row) ?? "0000") && day <= (to(row) ?? "9999-99")) days++;
  return days;
}

interface Shown<Row> {
  readonly group: Found<Row>;
  readonly node: Record<string, unknown>;
}

const collator = new Intl.Collator("en", { numeric: true });

function compareBy<Row>(
  table: GroupTable<Row>,
  question: Question,
  on: string,
  a: Shown<Row>,
  b: Shown<Row>,
): number {
  const named = new Set(question.orderBy.map(({ field }) => field));
  const rest = [...(question.over ? ["PERIOD"] : []), ...question.by.map(({ field }) => field)].filter(
    (field) => !named.has(field),
  );
  const terms = [...question.orderBy, ...rest.map((field) => ({ field, direction: "ASC" }))];
  for (const { field, direction } of terms) {
    const [first, second] = [a, b].map((shown) => ranksOf(table, question, on, field, shown));
    for (const [index, one] of (first ?? []).entries()) {
      const sign = compareValues(one, second?.[index] ?? null, direction === "DESC");
      if (sign !== 0) return sign;
    }
  }
  return 0;
}

function ranksOf<Row>(
  { keys, amounts, extra }: GroupTable<Row>,
  question: Question,
  on: string,
  field: string,
  { group, node }: Shown<Row>,
): readonly (Value | Decimal)[] {
  const index = question.by.findIndex((key) => key.field === field);
  if (index >= 0) {
    const value = group.keys[index] ?? null;
    return keys[field]?.ranks?.(value) ?? [value];
  }
  if (field === "PERIOD") return [group.period?.from ?? null];
  if (field === "COUNT") return [group.rows.length];
  const order = extra?.orders[field];
  if (order) return [order(group.rows, on, group.period)];
  if (field === "DAYS") return [node.days as number];
  const name = Object.keys(amounts).find((one) => amounts[one]?.sum === field) ?? "rent";
  return [new Decimal((node[name] as { sum: string }).sum)];
}

/** Nulls come last either way. */
function compareValues(a: Value | Decimal, b: Value | Decimal, isDown: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const sign = Decimal.isDecimal(a)
    ? a.cmp(b as Decimal)
    : typeof a === "string"
      ? a === b
        ? 0
        : collator.compare(a, b as string) || (a < (b as string) ? -1 : 1)
      : Number(a) - Number(b);
  return isDown ? -sign : sign;
}

/** The document of a query about a table. */
export function documentOf<Row>(
  { type, root, keys, amounts, dates, covers, extra, isInAllPeriods }: GroupTable<Row>,
  question: Question,
) {
  const hasUnits = Object.values(keys).some(({ isDay }) => isDay);
  const hasPeriods = covers !== undefined || isInAllPeriods === true;
  const selected = question.by.map(({ field }) => `${keys[field]?.field} ${keys[field]?.select ?? ""}`);
  const selectedNumbers = [
    ...Object.keys(amounts).map((name) => `${name} { count sum avg(scale: 3) min max }`),
    ...Object.keys(dates).map((name) => `${name} { count min max }`),
    ...(hasPeriods ? ["period { from to days }"] : []),
    ...(covers ? ["days"] : []),
    ...(extra ? [extra.select] : []),
    ...(covers?.rent ? ["rent { count sum avg(scale: 3) min max }"] : []),
  ];
  const by = question.by.map((key) => (hasUnits ? key : key.field));
  const query = `query ($filter: ${type}Filter, $by: [${type}Group${hasUnits ? "By" : "Field"}!], ${
    hasPeriods ? "$over: PeriodInput," : ""
  } $on: Date, $having: GroupHaving, $orderBy: [${type}GroupOrder!], $first: Int, $after: String, $distinct: ${type}GroupField!) {
    ${root}(filter: $filter) { groups(by: $by, ${hasPeriods ? "over: $over," : ""} on: $on, having: $having, orderBy: $orderBy, first: $first, after: $after) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes { ${selected.length > 0 ? `keys { ${selected.join(" ")} }` : ""} count distinct(of: $distinct) ${selectedNumbers.join(" ")} } } } }`;
  return { query, variables: { ...question, by } };
}
