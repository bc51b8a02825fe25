import fc from "fast-check";

/** The selection of a record. Its numbers choose among the relations and edges of the record's kind. */
export interface Shape {
  /** Whether all fields are selected, or only those that Alma's list shows. */
  readonly allFields: boolean;
  readonly relation?: { readonly which: number; readonly below: Shape } | undefined;
  readonly edge?: { readonly which: number; readonly page: PageShape } | undefined;
  readonly current: boolean;
}

/** A page of a connection. */
export interface PageShape {
  readonly filter: { readonly which: number; readonly value: number } | undefined;
  readonly order: { readonly which: number; readonly descending: boolean } | undefined;
  readonly first: number | undefined;
  readonly below: Shape;
}

/** A root field of a query. */
export type RootShape =
  | {
      readonly at: "single";
      readonly kind: number;
      readonly target: number;
      readonly form: number;
      readonly below: Shape;
    }
  | { readonly at: "rentalObject"; readonly target: number; readonly below: Shape }
  | { readonly at: "list"; readonly kind: number; readonly page: PageShape }
  | { readonly at: "nodes"; readonly targets: readonly number[]; readonly allFields: boolean };

export interface ReadShape {
  readonly maxAge: 0 | 50 | undefined;
  /** Whether `maxAge` applies to the rows alone. */
  readonly ofRows: boolean;
  readonly roots: readonly RootShape[];
}

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const choice = fc.nat(11);

function shape(depth: number): fc.Arbitrary<Shape> {
  const deeper = depth > 0;
  return fc.record({
    allFields: fc.boolean(),
    relation: deeper ? some(fc.record({ which: choice, below: shape(depth - 1) })) : fc.constant(undefined),
    edge: deeper ? some(fc.record({ which: choice, page: page(depth - 1) })) : fc.constant(undefined),
    current: fc.boolean(),
  });
}

function page(depth: number): fc.Arbitrary<PageShape> {
  return fc.record({
    filter: some(fc.record({ which: choice, value: choice })),
    order: some(fc.record({ which: choice, descending: fc.boolean() })),
    first: some(fc.integer({ min: 1, max: 4 })),
    below: shape(depth),
  });
}

const root: fc.Arbitrary<RootShape> = fc.oneof(
  fc.record({
    at: fc.constant("single" as const),
    kind: choice,
    target: choice,
    form: choice,
    below: shape(2),
  }),
  fc.record({ at: fc.constant("rentalObject" as const), target: choice, below: shape(1) }),
  fc.record({ at: fc.constant("list" as const), kind: choice, page: page(2) }),
  fc.record({
    at: fc.constant("nodes" as const),
    targets: fc.array(choice, { minLength: 1, maxLength: 4 }),
    allFields: fc.boolean(),
  }),
);

/** A query; `ages` are the values of its `@freshness(maxAge:)`. */
export function readShape(ages: readonly ReadShape["maxAge"][]): fc.Arbitrary<ReadShape> {
  return fc.record({
    maxAge: fc.constantFrom(...ages),
    ofRows: fc.boolean(),
    roots: fc.array(root, { minLength: 1, maxLength: 2 }),
  });
}

/** Selects every record with every field, through the root lists, and each of its reverse links. */
export const everything: ReadShape = {
  maxAge: undefined,
  ofRows: false,
  roots: Array.from({ length: 6 }, (_, kind) => kind).flatMap((kind) =>
    Array.from({ length: 4 }, (_, which) => ({
      at: "list" as const,
      kind,
      page: {
        ...wholeList(),
        below: {
          allFields: true,
          current: true,
          relation: { which, below: { allFields: true, current: false } },
          edge: { which, page: { ...wholeList(), below: { allFields: true, current: false } } },
        },
      },
    })),
  ),
};

function wholeList() {
  return { filter: undefined, order: undefined, first: undefined };
}
