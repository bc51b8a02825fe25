import { expect } from "vitest";
import { type History, idOf } from "./history.ts";
import { selectPage } from "./page.ts";
import { keyIn, type Node, ref, selectRecord } from "./record.ts";
import type { ReadShape, RootShape } from "./shape.ts";
import type { View } from "./view.ts";
import { type Key, type Kind, kinds, naming } from "./world.ts";

interface RootField {
  readonly text: string;
  readonly check: (answer: unknown, view: View) => void;
}

/** An operation and the check of its answer. */
export interface Query extends Pick<ReadShape, "maxAge" | "ofRows"> {
  readonly text: string;
  readonly check: (data: Readonly<Record<string, unknown>>, view: View) => void;
}

/** The operation for a shape, over the current records. */
export function buildQuery({ maxAge, ofRows, roots }: ReadShape, history: History): Query {
  const made = roots.map((shape) => buildRoot(shape, history));
  const of = ofRows ? ", of: ROWS" : "";
  const freshness = maxAge === undefined ? "" : `@freshness(maxAge: ${maxAge}${of}) `;
  return {
    maxAge,
    ofRows,
    text: `query ${freshness}{ ${made.map(({ text }, index) => `r${index}: ${text}`).join(" ")} }`,
    check(data, view) {
      for (const [index, { check }] of made.entries()) check(data[`r${index}`], view);
    },
  };
}

function buildRoot(shape: RootShape, history: History): RootField {
  if (shape.at === "list") {
    const { text, check } = selectPage(kinds[shape.kind % kinds.length] as Kind, shape.page, history);
    return { text, check: (answer, view) => check(answer, view) };
  }
  if (shape.at === "nodes") return nodes(shape.targets, shape.allFields, history);
  if (shape.at === "rentalObject") return rentalObject(shape, history);
  const kind = kinds[shape.kind % kinds.length] as Kind;
  const keys = history.keys(kind);
  const key = keys[shape.target % keys.length] as Key;
  const by = ref(key, shape.form, history);
  const below = selectRecord(kind, shape.below, history);
  return {
    text: `${kind}(ref: ${by}) { ${below.text} }`,
    check(answer, view) {
      const node = answer as Node | null;
      if (by.includes("externalId")) {
        const { keys, isCertain } = view.lookUp(
          kind,
          JSON.parse(by.slice(by.indexOf('"'), by.lastIndexOf('"') + 1)),
        );
        checkChoice(node, keys, isCertain, by);
      } else expect(node && keyIn(node), by).toBe(key);
      below.check(node, view, "named");
    },
  };
}

/** Checks the record that a Bitrix id resolved to: the newest of `keys` if that is certain, otherwise any of them. */
function checkChoice(node: Node | null, keys: readonly Key[], isCertain: boolean, about: string): void {
  if (isCertain) expect(node && keyIn(node), about).toBe(keys[0] ?? null);
  else if (node) expect(keys, about).toContain(keyIn(node));
}

function rentalObject(
  { target, below: shape }: RootShape & { at: "rentalObject" },
  history: History,
): RootField {
  const ids = [...history.now.values()].flatMap(({ kind, fields }) =>
    kind === "unit" || kind === "room" ? [fields.externalId, fields.additionalExternalId] : [],
  );
  const known = ids.filter((id) => typeof id === "string" && id !== "") as string[];
  const externalId = known[target % known.length] ?? "none";
  const below = selectRecord("rentalObject", shape, history);
  return {
    text: `rentalObject(ref: { externalId: ${JSON.stringify(externalId)} }) { ${below.text} }`,
    check(answer, view) {
      const node = answer as Node | null;
      const rooms = view.lookUp("room", externalId);
      const units = view.lookUp("unit", externalId);
      const additional = view
        .keys("unit")
        .filter((key) =>
          view
            .possibleStates(key, "named", "lookup")
            .some((seen) => seen?.fields.additionalExternalId === externalId),
        );
      const keys = [...rooms.keys, ...units.keys];
      const isCertain = additional.length === 0 && rooms.isCertain && units.isCertain;
      checkChoice(node, [...additional, ...keys], isCertain, `rental object ${externalId}`);
      below.check(node, view, "named");
    },
  };
}

function nodes(targets: readonly number[], allFields: boolean, history: History): RootField {
  const all = [...history.now.keys()];
  const keys = targets.map((target) => all[(target * 7) % all.length] as Key);
  const parts = kinds.map((kind) => ({
    kind,
    ...selectRecord(kind, { allFields, current: false }, history),
  }));
  const ids = keys.map((key) => `"${naming[key.split(":")[0] as Kind].type}:${idOf(key)}"`);
  return {
    text: `nodes(ids: [${ids}]) { ${parts.map(({ kind, text }) => `... on ${naming[kind].type} { ${aliased(text, kind)} }`).join(" ")} }`,
    check(answer, view) {
      (answer as Node[]).forEach((node, index) => {
        expect(node && keyIn(node)).toBe(keys[index]);
        const part = parts.find(({ kind }) => naming[kind].type === node.__typename);
        const own = Object.entries(node).map(([name, value]) => [name.split("_of_")[0], value]);
        part?.check(Object.fromEntries(own), view, "named");
      });
    },
  };
}

/** Aliases every field by its kind, since fields with the same name may have different types. */
function aliased(text: string, kind: Kind): string {
  return text
    .split(" ")
    .map((name) => (/^(__typename|almaId)$/.test(name) ? name : `${name}_of_${kind}: ${name}`))
    .join(" ");
}
