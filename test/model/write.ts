import fc from "fast-check";
import type { History } from "./history.ts";
import { ref, selectRecord } from "./record.ts";
import type { Shape } from "./shape.ts";
import { type Key, type Kind, kinds, naming, type Value } from "./world.ts";

/** One write. Its numbers choose among the records and values that exist when it is made. */
export interface WriteShape {
  readonly verb: "create" | "update" | "archive" | "unarchive" | "block" | "unblock";
  readonly kind: number;
  readonly target: number;
  readonly form: number;
  readonly field: number;
  readonly value: number;
  readonly parent: number;
  readonly payload: Shape;
}

/** A mutation and its expected result. */
export interface Mutation {
  readonly text: string;
  readonly kind: Kind;
  /** The record that it changes; undefined for a create. */
  readonly key: Key | undefined;
  /** The record's fields after a successful write. */
  readonly expected: Readonly<Record<string, Value>>;
  readonly payload: ReturnType<typeof selectRecord>;
}

const choice = fc.nat(11);
export const writeShape: fc.Arbitrary<WriteShape> = fc.record({
  verb: fc.oneof(
    { weight: 3, arbitrary: fc.constant("create" as const) },
    { weight: 5, arbitrary: fc.constant("update" as const) },
    { weight: 5, arbitrary: fc.constantFrom("archive", "archive", "unarchive", "block", "unblock") },
  ) as fc.Arbitrary<WriteShape["verb"]>,
  kind: choice,
  target: choice,
  form: choice,
  field: choice,
  value: choice,
  parent: choice,
  payload: fc.record({ allFields: fc.boolean(), current: fc.boolean() }),
});

/** First and last days of contracts, counted from today. */
const PERIODS = [
  [-90, -30],
  [-10, 10],
  [-1, 40],
  [20, 50],
  [70, 100],
] as const;

type Day = (offset: number) => string;
type Draft = Record<string, Value | { readonly ref: string }>;

/** The mutation for a shape, over the current records. `count` makes each created record different. */
export function buildMutation(shape: WriteShape, history: History, day: Day, count: number): Mutation {
  const { verb, value } = shape;
  const changesState = verb !== "create" && verb !== "update";
  const choices = changesState ? (["unit", "room"] as const) : kinds;
  const kind = choices[shape.kind % choices.length] as Kind;
  const { type } = naming[kind];
  const keys = [...history.now.keys()].filter((key) => key.startsWith(`${kind}:`));
  const key = verb === "create" ? undefined : keys[shape.target % keys.length];
  const draft =
    verb === "create"
      ? created(kind, shape, history, day, count)
      : verb === "update"
        ? changed(kind, shape, history, day)
        : undefined;
  const args = [
    ...(key ? [`ref: ${ref(key, shape.form, history)}`] : []),
    ...(draft ? [`input: ${literal(draft)}`] : []),
  ].join(", ");
  const payload = selectRecord(kind, shape.payload, history);
  const archives = verb === "archive" || verb === "unarchive";
  const ownFields = Object.entries(draft ?? {}).filter(([, one]) => typeof one !== "object" || one === null);
  return {
    text: `mutation { done: ${verb}${type}(${args}) { record: ${kind} { ${payload.text} } userErrors { code message field } } }`,
    kind,
    key,
    expected: archives
      ? { isArchived: verb === "archive" }
      : (Object.fromEntries(ownFields) as Record<string, Value>),
    payload,
  };

  function created(of: Kind, one: WriteShape, known: History, at: Day, number: number): Draft {
    const externalId = `x-${value % 4 === 0 ? value : number}`;
    const name = `n-${one.field}`;
    const some = (...kinds: Kind[]) => ({ ref: refTo(kinds, one, known) });
    const [from, to] = PERIODS[value % PERIODS.length] as (typeof PERIODS)[number];
    const contract = { externalId, name, client: some("client"), startDate: at(from), endDate: at(to) };
    switch (of) {
      case "building":
        return { name: `n-${one.field}${value}`, ...(value % 2 === 0 && { externalId }) };
      case "unit":
        return {
          externalId,
          name,
          building: some("building"),
          propertyType: { ref: '"studio"' },
          goalRentCost: value,
        };
      case "room":
        return { externalId, name, parentUnit: some("unit"), propertyType: { ref: '"bunk"' } };
      case "client":
        return { externalId, firstName: name, lastName: name, email: `${number}@example.com` };
      case "ownerContract":
        return { ...contract, rentalObject: some("unit"), workModel: "TM 10%" };
      case "tenantContract":
        return { ...contract, rentalObject: some("unit", "room", "room"), price: value };
    }
  }
}

function refTo(of: readonly Kind[], { parent, form, value }: WriteShape, history: History): string {
  const kind = of[(parent + value) % of.length] as Kind;
  const keys = [...history.now.keys()].filter((key) => key.startsWith(`${kind}:`));
  return ref(keys[parent % keys.length] as Key, form + 1, history);
}

function changed(kind: Kind, shape: WriteShape, history: History, day: Day): Draft {
  const { value, field } = shape;
  const name: Draft = { name: `n-${value}` };
  const externalId: Draft = { externalId: `x-${value}` };
  const to = (relation: string, ...kinds: Kind[]): Draft => ({
    [relation]: { ref: refTo(kinds, shape, history) },
  });
  const [start, end] = PERIODS[value % PERIODS.length] as (typeof PERIODS)[number];
  const period: Draft = { startDate: day(start), endDate: day(end) };
  const choices: Readonly<Record<Kind, readonly Draft[]>> = {
    building: [name, { address: `n-${value}` }, externalId],
    unit: [
      name,
      { header: `n-${value}` },
      { goalRentCost: value },
      to("building", "building"),
      externalId,
      { additionalExternalId: `x-${value}` },
    ],
    room: [name, { header: `n-${value}` }, { goalRentCost: value }, to("parentUnit", "unit"), externalId],
    client: [{ firstName: `n-${value}` }, { lastName: `n-${value}` }, { phone: `${value}` }, externalId],
    ownerContract: [name, period, to("rentalObject", "unit"), externalId, { workModel: `n-${value}` }],
    tenantContract: [name, period, to("rentalObject", "unit", "room"), externalId, { price: value }],
  };
  return choices[kind][field % choices[kind].length] as Draft;
}

function literal(draft: Draft): string {
  const print = (value: Draft[string]) =>
    typeof value === "object" && value !== null ? value.ref : JSON.stringify(value);
  return `{ ${Object.entries(draft)
    .map(([name, value]) => `${name}: ${print(value)}`)
    .join(", ")} }`;
}
