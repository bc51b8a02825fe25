import { type History, idOf } from "./history.ts";
import { type Likely, likely, refers, refersThrough, type View } from "./view.ts";
import type { Key, Kind, Value } from "./world.ts";

/** A filter, and whether a record passes it. */
export interface Filter {
  readonly text: string;
  readonly holds: (view: View, key: Key) => Likely;
}

/** Values of names and of ids that are in use. */
export const names = Array.from({ length: 12 }, (_, index) => `n-${index}`);

type Make = (value: number, history: History) => Filter;

const text =
  (field: string, values: readonly string[]): Make =>
  (value) => {
    const wanted = values[value % values.length] as string;
    return { text: `{ ${field}: { eq: "${wanted}" } }`, holds: holding(field, (one) => one === wanted) };
  };

const flag: Make = (value) => ({
  text: `{ isArchived: ${value % 2 === 0} }`,
  holds: holding("isArchived", (one) => one === (value % 2 === 0)),
});

const target =
  (link: string, kinds: readonly Kind[], holds = refers): Make =>
  (value, history) => {
    const kind = kinds[value % kinds.length] as Kind;
    const keys = history.keys(kind);
    const parent = keys[value % keys.length] as Key;
    return {
      text: `{ ${link}: { almaId: ${idOf(parent)} } }`,
      holds: (view, key) => holds(view, key, link, parent),
    };
  };

const state: Make = (value) => {
  const wanted = ["ACTIVE", "PLANNED", "ENDED", "ARCHIVED"][value % 4] as string;
  return { text: `{ state: [${wanted}] }`, holds: holding("state", (one) => one === wanted) };
};

function holding(field: string, test: (value: Value) => boolean): Filter["holds"] {
  return (view, key) => likely(view.values(key, "index", field).map(test));
}

const contracts: readonly Make[] = [
  state,
  flag,
  target("client", ["client"]),
  target("rentalObject", ["unit", "room"]),
  target("building", ["building"], refersThrough),
  text("name", names),
];
const statuses = ["available", "rented", "blocked"];
const FILTERS: Readonly<Record<Kind, readonly Make[]>> = {
  building: [text("name", names), flag, text("externalId", ["b-101", "x-1"])],
  unit: [
    text("name", names),
    flag,
    text("status", statuses),
    target("building", ["building"]),
    text("externalId", ["u-1", "x-1"]),
  ],
  room: [
    text("name", names),
    flag,
    text("status", statuses),
    target("building", ["building"]),
    target("parentUnit", ["unit"]),
  ],
  client: [
    text("firstName", names),
    text("status", ["active", "inactive", "unconfirmed"]),
    text("lastName", names),
  ],
  ownerContract: contracts,
  tenantContract: contracts,
};

/** One of the filters of a kind. */
export function filter(kind: Kind, which: number, value: number, history: History): Filter {
  const make = FILTERS[kind][which % FILTERS[kind].length] as Make;
  return make(value, history);
}
