import { ensureOneOf, type History, idOf } from "./history.ts";
import { checkCurrent, currentText, edgesOf, selectPage } from "./page.ts";
import type { Shape } from "./shape.ts";
import { type Access, kindOf, type View } from "./view.ts";
import { type Key, type Kind, keyOf, naming, type Value } from "./world.ts";

/** A part of a query's text and the check of its answer. */
export interface Selection {
  readonly text: string;
  readonly check: (answer: unknown, view: View, access: Access) => void;
}

/** A record in an answer. */
export type Node = Readonly<Record<string, unknown>> & {
  readonly __typename: string;
  readonly almaId: number;
};

const RELATIONS: Readonly<Record<Kind | "rentalObject", Readonly<Record<string, Kind | "rentalObject">>>> = {
  building: {},
  unit: { building: "building" },
  room: { unit: "unit", building: "building" },
  client: {},
  ownerContract: { rentalObject: "rentalObject", client: "client" },
  tenantContract: { rentalObject: "rentalObject", client: "client" },
  rentalObject: { building: "building" },
};
const DETAIL_FIELDS: Readonly<Record<Kind | "rentalObject", readonly string[]>> = {
  building: ["externalId", "name", "address", "numberOfUnits", "isArchived"],
  unit: [
    "externalId",
    "name",
    "header",
    "status",
    "goalRentCost",
    "isArchived",
    "address",
    "additionalExternalId",
  ],
  room: ["externalId", "name", "header", "status", "goalRentCost", "isArchived"],
  client: ["externalId", "firstName", "lastName", "status", "email", "phone"],
  ownerContract: ["externalId", "name", "number", "startDate", "endDate", "isArchived", "state", "workModel"],
  tenantContract: ["externalId", "name", "number", "startDate", "endDate", "isArchived", "state", "price"],
  rentalObject: ["externalId", "name", "header", "status", "goalRentCost", "isArchived"],
};

/** The selection of a record of a kind; `rentalObject` is a unit or a room. */
export function selectRecord(kind: Kind | "rentalObject", shape: Shape, history: History): Selection {
  const fields = shape.allFields
    ? DETAIL_FIELDS[kind]
    : naming[kind === "rentalObject" ? "unit" : kind].summary;
  const parts: (readonly [name: string, Selection])[] = [];
  const relations = Object.entries(RELATIONS[kind]);
  const relation = shape.relation && relations[shape.relation.which % Math.max(1, relations.length)];
  if (shape.relation && relation) {
    const below = selectRecord(relation[1], shape.relation.below, history);
    const text = `${relation[0]} { ${below.text} }`;
    parts.push([relation[0], { text, check: (answer, view, access) => below.check(answer, view, access) }]);
  }
  const edges = edgesOf(kind);
  const edge = shape.edge && edges[shape.edge.which % Math.max(1, edges.length)];
  const connection = shape.edge && edge && selectPage(edge.of, shape.edge.page, history, edge);
  const current = shape.current && (kind === "unit" || kind === "room" || kind === "rentalObject");
  return {
    text: [
      "__typename almaId",
      ...fields,
      ...parts.map(([, { text }]) => text),
      ...(connection ? [connection.text] : []),
      ...(current ? [currentText] : []),
    ].join(" "),
    check(answer, view, access) {
      const node = answer as Node | null;
      if (!node) return;
      const key = keyIn(node);
      for (const field of fields) {
        ensureOneOf(view.values(key, access, field), toModelValue(field, node[field]), `${key} ${field}`);
      }
      for (const [name, part] of parts) {
        const shown = node[name] as Node | null;
        ensureOneOf(view.relationTargets(key, access, name), shown && keyIn(shown), `${key} ${name}`);
        part.check(shown, view, access);
      }
      view.ensureOneVersion(
        key,
        Object.fromEntries(fields.map((field) => [field, toModelValue(field, node[field])])),
        Object.fromEntries(parts.map(([name]) => [name, node[name] ? keyIn(node[name] as Node) : null])),
      );
      connection?.check(node[edge?.name ?? ""], view, key);
      if (current) checkCurrent(node.currentTenantContract as Node | null, view, access, key);
    },
  };
}

export function keyIn(node: Node): Key {
  return keyOf(kindOf(node.__typename), node.almaId);
}

/** An answer's value in the model's form: a decimal is a number. */
function toModelValue(field: string, value: unknown): Value {
  if (field === "goalRentCost" || field === "price") return value === null ? null : Number(value);
  return value as Value;
}

/** One of the three forms of a ref: `{ id: "Unit:1" }`, by Alma's id, or by Bitrix id. */
export function ref(key: Key, form: number, history: History): string {
  const [kind] = key.split(":") as [Kind];
  const externalId = history.now.get(key)?.fields.externalId;
  if (form % 3 === 1) return `{ almaId: ${idOf(key)} }`;
  if (form % 3 === 2 && typeof externalId === "string")
    return `{ externalId: ${JSON.stringify(externalId)} }`;
  return `{ id: "${naming[kind].type}:${idOf(key)}" }`;
}
