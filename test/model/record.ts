import { type History, idOf, oneOf } from "./history.ts";
import { checkCurrent, currentText, edgesOf, page } from "./page.ts";
import type { Shape } from "./shape.ts";
import { kindOf, type View, type Way } from "./view.ts";
import { type Key, type Kind, keyOf, naming, type Value } from "./world.ts";

/** A part of a question, and what its answer may be. */
export interface Asked {
  readonly text: string;
  readonly check: (answer: unknown, view: View, way: Way) => void;
}

/** A record in an answer. */
export type Node = Readonly<Record<string, unknown>> & {
  readonly __typename: string;
  readonly almaId: number;
};

const LINKS: Readonly<Record<Kind | "rentalObject", Readonly<Record<string, Kind | "rentalObject">>>> = {
  building: {},
  unit: { building: "building" },
  room: { parentUnit: "unit", building: "building" },
  client: {},
  ownerContract: { rentalObject: "rentalObject", client: "client" },
  tenantContract: { rentalObject: "rentalObject", client: "client" },
  rentalObject: { building: "building" },
};
const FULL: Readonly<Record<Kind | "rentalObject", readonly string[]>> = {
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

/** What is asked of one record of a kind, or of a unit or a room. */
export function record(kind: Kind | "rentalObject", shape: Shape, history: History): Asked {
  const fields = shape.full ? FULL[kind] : naming[kind === "rentalObject" ? "unit" : kind].brief;
  const parts: (readonly [name: string, Asked])[] = [];
  const links = Object.entries(LINKS[kind]);
  const link = shape.link && links[shape.link.which % Math.max(1, links.length)];
  if (shape.link && link) {
    const below = record(link[1], shape.link.below, history);
    const text = `${link[0]} { ${below.text} }`;
    parts.push([link[0], { text, check: (answer, view, way) => below.check(answer, view, way) }]);
  }
  const edges = edgesOf(kind);
  const edge = shape.edge && edges[shape.edge.which % Math.max(1, edges.length)];
  const connection = shape.edge && edge && page(edge.of, shape.edge.page, history, edge);
  const current = shape.current && (kind === "unit" || kind === "room" || kind === "rentalObject");
  return {
    text: [
      "__typename almaId",
      ...fields,
      ...parts.map(([, { text }]) => text),
      ...(connection ? [connection.text] : []),
      ...(current ? [currentText] : []),
    ].join(" "),
    check(answer, view, way) {
      const node = answer as Node | null;
      if (!node) return;
      const key = keyIn(node);
      for (const field of fields) {
        oneOf(view.values(key, way, field), plain(field, node[field]), `${key} ${field}`);
      }
      for (const [name, part] of parts) {
        const shown = node[name] as Node | null;
        oneOf(view.links(key, way, name), shown && keyIn(shown), `${key} ${name}`);
        part.check(shown, view, way);
      }
      view.ensureOneVersion(
        key,
        Object.fromEntries(fields.map((field) => [field, plain(field, node[field])])),
        Object.fromEntries(parts.map(([name]) => [name, node[name] ? keyIn(node[name] as Node) : null])),
      );
      connection?.check(node[edge?.name ?? ""], view, key);
      if (current) checkCurrent(node.currentTenantContract as Node | null, view, way, key);
    },
  };
}

export function keyIn(node: Node): Key {
  return keyOf(kindOf(node.__typename), node.almaId);
}

/** A value as the model has it: decimals by their value, no text as none. */
function plain(field: string, value: unknown): Value {
  if (field === "goalRentCost" || field === "price") return value === null ? null : Number(value);
  return value as Value;
}

/** `{ id: "Unit:1" }` and the two other ways to say which. */
export function ref(key: Key, form: number, history: History): string {
  const [kind] = key.split(":") as [Kind];
  const externalId = history.now.get(key)?.fields.externalId;
  if (form % 3 === 1) return `{ almaId: ${idOf(key)} }`;
  if (form % 3 === 2 && typeof externalId === "string")
    return `{ externalId: ${JSON.stringify(externalId)} }`;
  return `{ id: "${naming[kind].type}:${idOf(key)}" }`;
}
