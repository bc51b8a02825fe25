import { isJsonObject } from "./code.ts";
import type { JsonValue } from "./mapped.ts";
import type { Path, Source } from "./mapping-source.ts";

/** A place in a file. */
export interface Place {
  readonly source: Source;
  readonly path: Path;
}

/** What two files give together, and which place each part of it comes from. */
interface Merged {
  readonly value: JsonValue | undefined;
  placeOf(path: Path): Place;
  /** Ways to what the second file takes away although the first does not have it. */
  readonly needless: readonly Path[];
}

/** Parts of a file that are left out, for being wrong in themselves, are undefined. */
type Part = JsonValue | undefined;

/**
 * A file over the one that it extends: objects key by key, null takes away, rows by their option, and a field's entry
 * as a whole if it says how it is read.
 */
export function merge(
  base: { source: Source; value: JsonValue } | undefined,
  own: { source: Source; value: JsonValue },
): Merged {
  const places = new Map<string, Place>();
  const needless: Path[] = [];
  const note = (path: Path, source: Source, at: Path = path) =>
    places.set(JSON.stringify(path), { source, path: at });

  const join = (path: Path, before: Part, after: Part): Part => {
    note(path, own.source);
    if (after === null) {
      if (before === undefined && base !== undefined) needless.push(path);
      return undefined;
    }
    if (isRows(path)) return rows(path, before, after);
    if (!isJsonObject(after) || replaces(path, after)) return after;
    const old = isJsonObject(before) ? before : {};
    const keys = new Set([...Object.keys(old), ...Object.keys(after)]);
    const result: Record<string, JsonValue> = {};
    for (const key of keys) {
      const given = Object.hasOwn(after, key) ? after[key] : undefined;
      const inherited = Object.hasOwn(old, key) ? old[key] : undefined;
      if (given === undefined && base !== undefined) note([...path, key], base.source);
      const part = given === undefined ? inherited : join([...path, key], inherited, given);
      if (part !== undefined)
        Object.defineProperty(result, key, { value: part, enumerable: true, writable: true });
    }
    return result;
  };

  const rows = (path: Path, before: Part, after: Part): Part => {
    if (!Array.isArray(after)) return after;
    const old: readonly JsonValue[] = Array.isArray(before) ? before : [];
    const result: { row: JsonValue; from: Source | undefined; index: number }[] = old.map((row, index) => ({
      row,
      from: base?.source,
      index,
    }));
    for (const [index, row] of (after as readonly Part[]).entries()) {
      if (row === undefined) continue;
      const same = result.findIndex((one) => one.from !== own.source && optionOf(one.row) === optionOf(row));
      result.splice(same < 0 ? result.length : same, same < 0 ? 0 : 1, { row, from: own.source, index });
    }
    for (const [at, { from, index }] of result.entries())
      note([...path, at], from ?? own.source, [...path, index]);
    return result.map(({ row }) => row);
  };

  const value = join([], base?.value, own.value);
  return {
    value,
    needless,
    placeOf: (path) => {
      for (let length = path.length; length > 0; length--) {
        const place = places.get(JSON.stringify(path.slice(0, length)));
        if (place !== undefined) return { ...place, path: [...place.path, ...path.slice(length)] };
      }
      return { source: own.source, path };
    },
  };
}

const isRows = (path: Path): boolean => path.length === 3 && path[0] === "tables" && path[2] === "rows";

/** Whether a field's entry stands for itself. */
const replaces = (path: Path, after: { readonly [name: string]: JsonValue }): boolean =>
  path.length === 5 && path[2] === "records" && ("as" in after || "always" in after);

const optionOf = (row: Part): string | undefined =>
  isJsonObject(row) ? String(row.option ?? "").trim() : undefined;
