import { expect } from "vitest";
import { type History, idOf } from "./history.ts";
import { page } from "./page.ts";
import { keyIn, type Node, record, ref } from "./record.ts";
import type { ReadShape, RootShape } from "./shape.ts";
import type { View } from "./view.ts";
import { type Key, type Kind, kinds, naming } from "./world.ts";

interface Root {
  readonly text: string;
  readonly check: (answer: unknown, view: View) => void;
}

/** A whole operation, and what its answer may be. */
export interface Question {
  readonly text: string;
  readonly maxAge: ReadShape["maxAge"];
  readonly check: (data: Readonly<Record<string, unknown>>, view: View) => void;
}

/** The operation of a shape, on the records that there are now. */
export function question({ maxAge, roots }: ReadShape, history: History): Question {
  const made = roots.map((shape) => root(shape, history));
  const freshness = maxAge === undefined ? "" : `@freshness(maxAge: ${maxAge}) `;
  return {
    maxAge,
    text: `query ${freshness}{ ${made.map(({ text }, index) => `r${index}: ${text}`).join(" ")} }`,
    check(data, view) {
      for (const [index, { check }] of made.entries()) check(data[`r${index}`], view);
    },
  };
}

function root(shape: RootShape, history: History): Root {
  if (shape.at === "list") {
    const { text, check } = page(kinds[shape.kind % kinds.length] as Kind, shape.page, history);
    return { text, check: (answer, view) => check(answer, view) };
  }
  if (shape.at === "nodes") return nodes(shape.targets, shape.full, history);
  if (shape.at === "rentalObject") return rentalObject(shape, history);
  const kind = kinds[shape.kind % kinds.length] as Kind;
  const keys = history.keys(kind);
  const key = keys[shape.target % keys.length] as Key;
  const by = ref(key, shape.form, history);
  const below = record(kind, shape.below, history);
  return {
    text: `${kind}(ref: ${by}) { ${below.text} }`,
    check(answer, view) {
      const node = answer as Node | null;
      if (by.includes("externalId")) {
        const { keys, surely } = view.named(
          kind,
          JSON.parse(by.slice(by.indexOf('"'), by.lastIndexOf('"') + 1)),
        );
        checkChoice(node, keys, surely, by);
      } else expect(node && keyIn(node), by).toBe(key);
      below.check(node, view, "named");
    },
  };
}

/** Of those that may be meant the newest, if all of them are certain. */
function checkChoice(node: Node | null, keys: readonly Key[], surely: boolean, about: string): void {
  if (surely) expect(node && keyIn(node), about).toBe(keys[0] ?? null);
  else if (node) expect(keys, about).toContain(keyIn(node));
}

function rentalObject({ target, below: shape }: RootShape & { at: "rentalObject" }, history: History): Root {
  const ids = [...history.now.values()].flatMap(({ kind, fields }) =>
    kind === "unit" || kind === "room" ? [fields.externalId, fields.additionalExternalId] : [],
  );
  const known = ids.filter((id) => typeof id === "string" && id !== "") as string[];
  const externalId = known[target % known.length] ?? "none";
  const below = record("rentalObject", shape, history);
  return {
    text: `rentalObject(ref: { externalId: ${JSON.stringify(externalId)} }) { ${below.text} }`,
    check(answer, view) {
      const node = answer as Node | null;
      const rooms = view.named("room", externalId);
      const units = view.named("unit", externalId);
      const additional = view
        .keys("unit")
        .filter((key) =>
          view
            .possible(key, "named", "lookup")
            .some((seen) => seen?.fields.additionalExternalId === externalId),
        );
      const keys = [...rooms.keys, ...units.keys];
      const surely = additional.length === 0 && rooms.surely && units.surely;
      checkChoice(node, [...additional, ...keys], surely, `rental object ${externalId}`);
      below.check(node, view, "named");
    },
  };
}

function nodes(targets: readonly number[], full: boolean, history: History): Root {
  const all = [...history.now.keys()];
  const keys = targets.map((target) => all[(target * 7) % all.length] as Key);
  const parts = kinds.map((kind) => ({ kind, ...record(kind, { full, current: false }, history) }));
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

/** Fields of one name may have different types: each has its kind in its name. */
function aliased(text: string, kind: Kind): string {
  return text
    .split(" ")
    .map((name) => (/^(__typename|almaId)$/.test(name) ? name : `${name}_of_${kind}: ${name}`))
    .join(" ");
}
