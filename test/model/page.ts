import { filter } from "./filter.ts";
import { ensure, type History, idOf, oneOf } from "./history.ts";
import { keyIn, type Node, record } from "./record.ts";
import type { PageShape } from "./shape.ts";
import { both, either, type Likely, likely, refers, refersThrough, type View, type Way } from "./view.ts";
import { type Key, type Kind, naming, type Value } from "./world.ts";

/** A reverse edge: who refers to the parent by which link. */
interface Edge {
  readonly name: string;
  readonly text: string;
  readonly of: Kind;
  readonly belongs: (view: View, key: Key, parent: Key) => Likely;
}

function edge(name: string, of: Kind, link: string): Edge {
  return { name, text: name, of, belongs: (view, key, parent) => refers(view, key, link, parent) };
}

const EDGES: Readonly<Record<Kind | "rentalObject", readonly Edge[]>> = {
  building: [edge("units", "unit", "building"), edge("rooms", "room", "building")],
  unit: [
    edge("rooms", "room", "parentUnit"),
    edge("tenantContracts", "tenantContract", "rentalObject"),
    edge("ownerContracts", "ownerContract", "rentalObject"),
    {
      name: "all",
      text: "all: tenantContracts(includeRooms: true)",
      of: "tenantContract",
      belongs: (view, key, parent) =>
        either(refers(view, key, "rentalObject", parent), refersThrough(view, key, "parentUnit", parent)),
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

/** A page of a root list, or of a reverse edge. */
export function page(of: Kind, shape: PageShape, history: History, edge?: Edge) {
  const below = record(of, shape.below, history);
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
              view.listed(key),
              ...(edge && parent ? [edge.belongs(view, key, parent)] : []),
              ...(condition ? [condition.holds(view, key)] : []),
            ),
          ]),
      );
      const may = view.keys(of).filter((key) => chances.get(key)?.may);
      const must = view.keys(of).filter((key) => chances.get(key)?.must);
      const counts = (holds: boolean) =>
        ensure(holds, () => `${about} shows ${shown} of ${totalCount}; may: ${may}; must: ${must}`);
      counts(new Set(shown).size === shown.length);
      counts(shown.every((key) => may.includes(key)));
      if (!view.short) {
        counts(totalCount >= must.length && totalCount <= may.length);
        counts(shown.length === Math.min(totalCount, shape.first ?? totalCount));
        counts(pageInfo.hasNextPage === shown.length < totalCount);
        if (shown.length === totalCount) counts(must.every((key) => shown.includes(key)));
        if (may.length === must.length) {
          const descending = order ? !!shape.order?.descending : true;
          const sorted = inOrder(may, view, order?.[1] ?? "almaId", descending)?.slice(0, shape.first);
          ensure(!sorted || `${sorted}` === `${shown}`, () => `${about} shows ${shown}, in order: ${sorted}`);
        }
      }
      for (const node of nodes) below.check(node, view, "reached");
    },
  };
}

/** The records in order, if their values can only be one; what has none comes last, of equal ones the newest first. */
function inOrder(keys: readonly Key[], view: View, field: string, descending: boolean): Key[] | undefined {
  const values = new Map(
    keys.map((key) => [key, field === "almaId" ? idOf(key) : view.certain(key, "index", field)]),
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

/** The tenant contract in force today on a unit or a room. */
export function checkCurrent(shown: Node | null, view: View, way: Way, object: Key): void {
  const chances = view.keys("tenantContract").map((key) => ({
    key,
    ...both(
      view.listed(key),
      refers(view, key, "rentalObject", object),
      likely(view.values(key, "index", "state").map((state) => state === "ACTIVE")),
    ),
  }));
  const may = chances.filter((one) => one.may).map(({ key }) => key);
  const must = chances.filter((one) => one.must).map(({ key }) => key);
  const about = `the current contract of ${object}`;
  if (!shown) {
    ensure(view.short || must.length === 0, () => `${about} is missing: ${must}`);
    return;
  }
  oneOf(may, keyIn(shown), about);
  for (const field of ["externalId", "name", "startDate", "endDate", "isArchived", "state"]) {
    oneOf(view.values(keyIn(shown), way, field), shown[field] as Value, `${about}: ${field}`);
  }
  if (may.length === must.length) {
    const newest = inOrder(may, view, "startDate", true);
    if (newest) oneOf(newest.slice(0, 1), keyIn(shown), about);
  }
}
