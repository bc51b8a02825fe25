import fc from "fast-check";

/** A filter as a caller writes it, and its predicate on a row, derived only from the schema's descriptions. */
export interface Asked<Row> {
  readonly input: Readonly<Record<string, unknown>>;
  readonly holds: (row: Row) => boolean;
}

type Get<Row, V> = (row: Row) => V | null;
type Ask<Row> = fc.Arbitrary<Asked<Row>>;

/** The conditions of one field: any two of them together. */
function field<Row, V>(
  name: string,
  get: Get<Row, V>,
  conditions: readonly fc.Arbitrary<[string, unknown, (value: V | null) => boolean]>[],
): Ask<Row> {
  return fc
    .uniqueArray(fc.oneof(...conditions), { minLength: 1, maxLength: 2, selector: ([key]) => key })
    .map((chosen) => ({
      input: { [name]: Object.fromEntries(chosen.map(([key, operand]) => [key, operand])) },
      holds: (row) => chosen.every(([, , holds]) => holds(get(row))),
    }));
}

const isNull = fc
  .boolean()
  .map((is): [string, unknown, (value: unknown) => boolean] => [
    "isNull",
    is,
    (value) => (value === null) === is,
  ]);

const among = <V>(operand: fc.Arbitrary<V>, same: (a: V, b: V) => boolean) => [
  operand.map((one): [string, unknown, (value: V | null) => boolean] => [
    "eq",
    one,
    (value) => value !== null && same(value, one),
  ]),
  fc
    .array(operand, { maxLength: 3 })
    .map((all): [string, unknown, (value: V | null) => boolean] => [
      "in",
      all,
      (value) => value !== null && all.some((one) => same(value, one)),
    ]),
];

const negated = <V>(operand: fc.Arbitrary<V>, same: (a: V, b: V) => boolean) => [
  operand.map((one): [string, unknown, (value: V | null) => boolean] => [
    "ne",
    one,
    (value) => value === null || !same(value, one),
  ]),
  fc
    .array(operand, { maxLength: 3 })
    .map((all): [string, unknown, (value: V | null) => boolean] => [
      "notIn",
      all,
      (value) => value === null || !all.some((one) => same(value, one)),
    ]),
];

const ordered = <V>(operand: fc.Arbitrary<V>, compare: (a: V, b: V) => number) => {
  const signs: Readonly<Record<string, (sign: number) => boolean>> = {
    gt: (sign) => sign > 0,
    gte: (sign) => sign >= 0,
    lt: (sign) => sign < 0,
    lte: (sign) => sign <= 0,
  };
  return Object.entries(signs).map(([key, holds]) =>
    operand.map((one): [string, unknown, (value: V | null) => boolean] => [
      key,
      one,
      (value) => value !== null && holds(compare(value, one)),
    ]),
  );
};

const is = <V>(a: V, b: V): boolean => a === b;

export function text<Row>(name: string, get: Get<Row, string>, values: readonly string[]): Ask<Row> {
  const operand = fc.constantFrom(...values);
  return field(name, get, [
    isNull,
    ...among(operand, is),
    ...negated(operand, is),
    operand.map((one) => [
      "contains",
      one.toUpperCase(),
      (value: string | null) => value?.toLowerCase().includes(one.toLowerCase()) ?? false,
    ]),
    operand.map((one) => [
      "startsWith",
      one.slice(0, 3),
      (value: string | null) => value?.startsWith(one.slice(0, 3)) ?? false,
    ]),
  ]);
}

export function number<Row>(name: string, get: Get<Row, number>, values: readonly number[]): Ask<Row> {
  const operand = fc.constantFrom(...values);
  return field(name, get, [
    isNull,
    ...among(operand, is),
    ...negated(operand, is),
    ...ordered(operand, (a, b) => a - b),
  ]);
}

/** Amounts are compared by value: "12.5" is "12.50". */
export function decimal<Row>(name: string, get: Get<Row, string>, values: readonly string[]): Ask<Row> {
  const operand = fc.constantFrom(...values);
  const compare = (a: string, b: string) => Number(a) - Number(b);
  const same = (a: string, b: string) => compare(a, b) === 0;
  return field(name, get, [
    isNull,
    ...among(operand, same),
    ...negated(operand, same),
    ...ordered(operand, compare),
  ]);
}

export function day<Row>(name: string, get: Get<Row, string>, values: readonly string[]): Ask<Row> {
  const operand = fc.constantFrom(...values);
  return field(name, get, [
    isNull,
    ...among(operand, is),
    ...ordered(operand, (a, b) => (a < b ? -1 : a > b ? 1 : 0)),
  ]);
}

export function flag<Row>(name: string, get: Get<Row, boolean>): Ask<Row> {
  return fc.boolean().map((wanted) => ({ input: { [name]: wanted }, holds: (row) => get(row) === wanted }));
}

/** A field whose input is not a set of conditions. */
export function plain<Row, V>(
  name: string,
  values: readonly V[],
  holds: (row: Row, value: V) => boolean,
): Ask<Row> {
  return fc
    .constantFrom(...values)
    .map((value) => ({ input: { [name]: value }, holds: (row) => holds(row, value) }));
}

/** Fields side by side, and groups of groups: `and`, `or`, `not`. */
export function filterOf<Row>(fields: readonly Ask<Row>[]): Ask<Row> {
  const leaf = fc.oneof(...fields);
  const side = fc.array(leaf, { maxLength: 2 }).map((parts): Asked<Row> => {
    // Of two conditions on one field the later one counts, as in any object.
    const input = Object.assign({}, ...parts.map((part) => part.input));
    const counting = parts.filter((part, index) =>
      Object.keys(part.input).every((key) => !parts.slice(index + 1).some((later) => key in later.input)),
    );
    return { input, holds: (row) => counting.every((part) => part.holds(row)) };
  });
  const { filter } = fc.letrec<{ filter: Asked<Row> }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      side,
      fc.array(tie("filter"), { maxLength: 3 }).map((all) => ({
        input: { and: all.map((one) => one.input) },
        holds: (row: Row) => all.every((one) => one.holds(row)),
      })),
      fc.array(tie("filter"), { maxLength: 3 }).map((all) => ({
        input: { or: all.map((one) => one.input) },
        holds: (row: Row) => all.some((one) => one.holds(row)),
      })),
      tie("filter").map((one) => ({ input: { not: one.input }, holds: (row: Row) => !one.holds(row) })),
    ),
  }));
  return filter;
}

/** An order as a caller writes it, and its comparison of two rows. */
export interface Ordered<Row> {
  readonly orderBy: readonly { readonly field: string; readonly direction: "ASC" | "DESC" }[];
  readonly compare: (a: Row, b: Row) => number;
}

/** Orders by up to three columns: nulls last either way, then the newest first. */
export function orderOf<Row extends { readonly id: number }>(
  columns: Readonly<Record<string, Get<Row, string | number>>>,
): fc.Arbitrary<Ordered<Row>> {
  const names = Object.keys(columns);
  return fc
    .tuple(
      fc.shuffledSubarray(names, { maxLength: 3 }),
      fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    )
    .map(([chosen, down]) => ({
      orderBy: chosen.map((field, index) => ({
        field,
        direction: down[index] ? ("DESC" as const) : ("ASC" as const),
      })),
      compare: (a, b) => {
        for (const [index, name] of chosen.entries()) {
          const [x, y] = [columns[name]?.(a) ?? null, columns[name]?.(b) ?? null];
          if (x === null || y === null) {
            if (x !== y) return x === null ? 1 : -1;
          } else if (x !== y) return (x < y ? -1 : 1) * (down[index] ? -1 : 1);
        }
        return b.id - a.id;
      },
    }));
}
