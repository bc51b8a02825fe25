import { type History, idOf } from "./history.ts";
import { type Chance, chanceOf, refers, refersThrough, type View } from "./view.ts";
import type { Key, Kind, Value } from "./world.ts";

/** A filter, and whether a record may or must match it. */
export interface Filter {
  readonly text: string;
  readonly matches: (view: View, key: Key) => Chance;
}

/** The names that records have. */
export const names = Array.from({ length: 12 }, (_, index) => `n-${index}`);

type FilterFactory = (value: number, history: History) => Filter;

const textFilter =
  (field: string, values: readonly string[]): FilterFactory =>
  (value) => {
    const wanted = values[value % values.length] as string;
    return {
      text: `{ ${field}: { eq: "${wanted}" } }`,
      matches: fieldMatches(field, (one) => one === wanted),
    };
  };

const archivedFilter: FilterFactory = (value) => ({
  text: `{ isArchived: ${value % 2 === 0} }`,
  matches: fieldMatches("isArchived", (one) => one === (value % 2 === 0)),
});

const targetFilter =
  (relation: string, kinds: readonly Kind[], matchesTarget = refers): FilterFactory =>
  (value, history) => {
    const kind = kinds[value % kinds.length] as Kind;
    const keys = history.keys(kind);
    const parent = keys[value % keys.length] as Key;
    return {
      text: `{ ${relation}: { almaId: ${idOf(parent)} } }`,
      matches: (view, key) => matchesTarget(view, key, relation, parent),
    };
  };

const stateFilter: FilterFactory = (value) => {
  const wanted = ["ACTIVE", "PLANNED", "ENDED", "ARCHIVED"][value % 4] as string;
  return { text: `{ state: [${wanted}] }`, matches: fieldMatches("state", (one) => one === wanted) };
};

function fieldMatches(field: string, predicate: (value: Value) => boolean): Filter["matches"] {
  return (view, key) => chanceOf(view.values(key, "index", field).map(predicate));
}

const contracts: readonly FilterFactory[] = [
  stateFilter,
  archivedFilter,
  targetFilter("client", ["client"]),
  targetFilter("rentalObject", ["unit", "room"]),
  targetFilter("building", ["building"], refersThrough),
  textFilter("name", names),
];
const statuses = ["available", "rented", "blocked"];
const FILTERS: Readonly<Record<Kind, readonly FilterFactory[]>> = {
  building: [textFilter("name", names), archivedFilter, textFilter("externalId", ["b-101", "x-1"])],
  unit: [
    textFilter("name", names),
    archivedFilter,
    textFilter("status", statuses),
    targetFilter("building", ["building"]),
    textFilter("externalId", ["u-1", "x-1"]),
  ],
  room: [
    textFilter("name", names),
    archivedFilter,
    textFilter("status", statuses),
    targetFilter("building", ["building"]),
    targetFilter("unit", ["unit"]),
  ],
  client: [
    textFilter("firstName", names),
    textFilter("status", ["active", "inactive", "unconfirmed"]),
    textFilter("lastName", names),
  ],
  ownerContract: contracts,
  tenantContract: contracts,
};

/** One of a kind's filters, over the current records. */
export function filter(kind: Kind, which: number, value: number, history: History): Filter {
  const make = FILTERS[kind][which % FILTERS[kind].length] as FilterFactory;
  return make(value, history);
}
