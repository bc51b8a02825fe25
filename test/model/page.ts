import { filter } from "./filter.ts";
import { ensure, ensureOneOf, type History, idOf } from "./history.ts";
import { keyIn, type Node, selectRecord } from "./record.ts";
import type { PageShape } from "./shape.ts";
import {
  type Access,
  both,
  type Chance,
  chanceOf,
  either,
  refers,
  refersThrough,
  type View,
} from "./view.ts";
import { type Key, type Kind, naming, type Value } from "./world.ts";

/** A reverse link: a connection of the records that refer to a parent. */
interface Edge {
  readonly name: string;
  readonly text: string;
  readonly of: Kind;
  readonly refers: (view: View, key: Key, parent: Key) => Chance;
}

function edge(name: string, of: Kind, relation: string): Edge {
  return { name, text: name, of, refers: (view, key, parent) => refers(view, key, relation, parent) };
}

const EDGES: Readonly<Record<Kind | "rentalObject", readonly Edge[]>> = {
  building: [edge("units", "unit", "building"), edge("rooms", "room", "building")],
  unit: [
    edge("rooms", "room", "unit"),
    edge("tenantContracts", "tenantContract", "rentalObject"),
    edge("ownerContracts", "ownerContract", "rentalObject"),
    {
      name: "all",
      text: "all: tenantContracts(includeRooms: true)",
      of: "tenantContract",
      refers: (view, key, parent) =>
        either(refers(view, key, "rentalObject", parent), refersThrough(view, key, "unit", parent)),
    },
  ],
  room: [edge("tenantContracts", "tenantContract", "rentalObject")],
  client: [
    edge("tenantContracts", "tenantContract", "client"),
    edge("ownerContracts", "ownerContract", "client"),
  ],
  ownerContract: [],
  tenantContract: [],
  rentalObject: [edge("tenantContracts", "tenantContract", "rentalObject")],
};
export const edgesOf = (kind: Kind | "rentalObject"): readonly Edge[] => EDGES[kind];

const ORDERS: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  building: { ALMA_ID: "almaId", NUMBER_OF_UNITS: "numberOfUnits" },
  unit: { ALMA_ID: "almaId", STATUS: "status", GOAL_RENT_COST: "goalRentCost" },
  room: { ALMA_ID: "almaId", STATUS: "status", GOAL_RENT_COST: "goalRentCost" },
  client: { ALMA_ID: "almaId", STATUS: "status" },
  ownerContract: { ALMA_ID: "almaId", END_DATE: "endDate" },
  tenantContract: { ALMA_ID: "almaId", START_DATE: "startDate", PRICE: "price" },
};

/** A page of a root list, or of a reverse link, and a check of its answer. */
export function selectPage(of: Kind, shape: PageShape, history: History, edge?: Edge) {
  const below = selectRecord(of, shape.below, history);
  const condition = shape.filter && filter(of, shape.filter.which, shape.filter.value, history);
  const orders = Object.entries(ORDERS[of]);
  const order = shape.order && orders[shape.order.which % orders.length];
  const direction = shape.order?.descending ? "DESC" : "ASC";
  const args = [
    ...(condition ? [`filter: ${condition.text}`] : []),
    ...(order ? [`orderBy: [{ field: ${order[0]}, direction: ${direction} }]`] : []),
    ...(shape.first ? [`first: ${shape.first}`] : []),
  ].join(", ");
  const name = edge?.text ?? naming[of].plural;
  const called =
    args === "" ? name : name.endsWith(")") ? `${name.slice(0, -1)}, ${args})` : `${name}(${args})`;
  return {
    text: `${called} { totalCount pageInfo { hasNextPage } nodes { ${below.text} } }`,
    check(answer: unknown, view: View, parent?: Key) {
      const { nodes, totalCount, pageInfo } = answer as {
        nodes: Node[];
        totalCount: number;
        pageInfo: { hasNextPage: boolean };
      };
      const about = `${parent ?? ""} ${called}`;
      const shown = nodes.map(keyIn);
      const chances = new Map(
        view
          .keys(of)
          .map((key) => [
            key,
            both(
              view.isListed(key),
              ...(edge && parent ? [edge.refers(view, key, parent)] : []),
              ...(condition ? [condition.matches(view, key)] : []),
            ),
          ]),
      );
      const may = view.keys(of).filter((key) => chances.get(key)?.may);
      const must = view.keys(of).filter((key) => chances.get(key)?.must);
      const verify = (isTrue: boolean) =>
        ensure(isTrue, () => `${about} shows ${shown} of ${totalCount}; may: ${may}; must: ${must}`);
      verify(new Set(shown).size === shown.length);
      verify(shown.every((key) => may.includes(key)));
      if (!view.mayBeShort) {
        verify(totalCount >= must.length && totalCount <= may.length);
        verify(shown.length === Math.min(totalCount, shape.first ?? totalCount));
        verify(pageInfo.hasNextPage === shown.length < totalCount);
        if (shown.length === totalCount) verify(must.every((key) => shown.includes(key)));
        if (may.length === must.length) {
          const descending = order ? !!shape.order?.descending : true;
          const sorted = sortCertain(may, view, order?.[1] ?? "almaId", descending)?.slice(0, shape.first);
          ensure(!sorted || `${sorted}` === `${shown}`, () => `${about} shows ${shown}, in order: ${sorted}`);
        }
      }
      for (const node of nodes) below.check(node, view, "connection");
    },
  };
}

/**
 * The records in order, if each has only one possible value. Nulls come last; equal records have the highest id first.
 */
function sortCertain(
  keys: readonly Key[],
  view: View,
  field: string,
  descending: boolean,
): Key[] | undefined {
  const values = new Map(
    keys.map((key) => [key, field === "almaId" ? idOf(key) : view.onlyValue(key, "index", field)]),
  );
  if ([...values.values()].includes(undefined)) return undefined;
  const compare = (a: Value, b: Value) =>
    a === b ? 0 : a === null ? 1 : b === null ? -1 : (a < b ? -1 : 1) * (descending ? -1 : 1);
  return [...keys].sort(
    (a, b) => compare(values.get(a) as Value, values.get(b) as Value) || idOf(b) - idOf(a),
  );
}

export const currentText =
  "currentTenantContract { __typename almaId externalId name startDate endDate isArchived state }";

/** Checks the current tenant contract of a unit or a room. */
export function checkCurrent(shown: Node | null, view: View, access: Access, object: Key): void {
  const chances = view.keys("tenantContract").map((key) => ({
    key,
    ...both(
      view.isListed(key),
      refers(view, key, "rentalObject", object),
      chanceOf(view.values(key, "index", "state").map((state) => state === "ACTIVE")),
    ),
  }));
  const may = chances.filter((one) => one.may).map(({ key }) => key);
  const must = chances.filter((one) => one.must).map(({ key }) => key);
  const about = `the current contract of ${object}`;
  if (!shown) {
    ensure(view.mayBeShort || must.length === 0, () => `${about} is missing: ${must}`);
    return;
  }
  ensureOneOf(may, keyIn(shown), about);
  for (const field of ["externalId", "name", "startDate", "endDate", "isArchived", "state"]) {
    ensureOneOf(view.values(keyIn(shown), access, field), shown[field] as Value, `${about}: ${field}`);
  }
  if (may.length === must.length) {
    const newest = sortCertain(may, view, "startDate", true);
    if (newest) ensureOneOf(newest.slice(0, 1), keyIn(shown), about);
  }
}
