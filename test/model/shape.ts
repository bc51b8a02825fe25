import fc from "fast-check";

/** What is asked of a record; numbers choose among what its kind offers. */
export interface Shape {
  /** Every field, or only those that Alma's list shows. */
  readonly full: boolean;
  readonly link?: { readonly which: number; readonly below: Shape } | undefined;
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

/** Where a question begins. */
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
  | { readonly at: "nodes"; readonly targets: readonly number[]; readonly full: boolean };

export interface ReadShape {
  readonly maxAge: 0 | 50 | undefined;
  readonly roots: readonly RootShape[];
}

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const choice = fc.nat(11);

function shape(depth: number): fc.Arbitrary<Shape> {
  const deeper = depth > 0;
  return fc.record({
    full: fc.boolean(),
    link: deeper ? some(fc.record({ which: choice, below: shape(depth - 1) })) : fc.constant(undefined),
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
    full: fc.boolean(),
  }),
);

/** A question in one operation; `ages` are those that it may ask for. */
export function readShape(ages: readonly ReadShape["maxAge"][]): fc.Arbitrary<ReadShape> {
  return fc.record({
    maxAge: fc.constantFrom(...ages),
    roots: fc.array(root, { minLength: 1, maxLength: 2 }),
  });
}

/** Every record with every field, through the root lists, and every reverse edge of it. */
export const everything: ReadShape = {
  maxAge: undefined,
  roots: Array.from({ length: 6 }, (_, kind) => kind).flatMap((kind) =>
    Array.from({ length: 4 }, (_, which) => ({
      at: "list" as const,
      kind,
      page: {
        ...nothing(),
        below: {
          full: true,
          current: true,
          link: { which, below: { full: true, current: false } },
          edge: { which, page: { ...nothing(), below: { full: true, current: false } } },
        },
      },
    })),
  ),
};

function nothing() {
  return { filter: undefined, order: undefined, first: undefined };
}
