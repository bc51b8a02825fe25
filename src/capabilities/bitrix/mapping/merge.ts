import { isJsonObject, type JsonValue } from "../item/json.ts";
import type { Path, SourceFile } from "./source-file.ts";

/** A path in a file. */
export interface SourceLocation {
  readonly source: SourceFile;
  readonly path: Path;
}

/** A merged mapping and the location that each of its parts comes from. */
interface MergeResult {
  readonly value: JsonValue | undefined;
  /** The location of a path of the merged value; of a missing path, that of its nearest ancestor. */
  locationOf(path: Path): SourceLocation;
  /** Paths at which the extending file has null and the extended file has nothing. */
  readonly needlessRemovals: readonly Path[];
}

/** Undefined for a part that was omitted for a violation of the schema. */
type PartialValue = JsonValue | undefined;

/**
 * Merges a file over the file that it extends. Objects merge key by key, rows of a table by option, and null removes. A
 * field mapping with `as` or `always` replaces the extended one as a whole.
 */
export function mergeSources(
  base: { source: SourceFile; value: JsonValue } | undefined,
  own: { source: SourceFile; value: JsonValue },
): MergeResult {
  const locations = new Map<string, SourceLocation>();
  const needlessRemovals: Path[] = [];
  const setLocation = (path: Path, source: SourceFile, sourcePath: Path = path) =>
    locations.set(JSON.stringify(path), { source, path: sourcePath });

  const mergeValue = (path: Path, before: PartialValue, after: PartialValue): PartialValue => {
    setLocation(path, own.source);
    if (after === null) {
      if (before === undefined && base !== undefined) needlessRemovals.push(path);
      return undefined;
    }
    if (isRowsPath(path)) return mergeRows(path, before, after);
    if (!isJsonObject(after) || replacesField(path, after)) return after;
    const inherited = isJsonObject(before) ? before : {};
    const keys = new Set([...Object.keys(inherited), ...Object.keys(after)]);
    const merged: Record<string, JsonValue> = {};
    for (const key of keys) {
      const ownValue = Object.hasOwn(after, key) ? after[key] : undefined;
      const inheritedValue = Object.hasOwn(inherited, key) ? inherited[key] : undefined;
      if (ownValue === undefined && base !== undefined) setLocation([...path, key], base.source);
      const part =
        ownValue === undefined ? inheritedValue : mergeValue([...path, key], inheritedValue, ownValue);
      if (part !== undefined)
        Object.defineProperty(merged, key, { value: part, enumerable: true, writable: true });
    }
    return merged;
  };

  const mergeRows = (path: Path, before: PartialValue, after: PartialValue): PartialValue => {
    if (!Array.isArray(after)) return after;
    const inheritedRows: readonly JsonValue[] = Array.isArray(before) ? before : [];
    const result: { row: JsonValue; from: SourceFile | undefined; index: number }[] = inheritedRows.map(
      (row, index) => ({
        row,
        from: base?.source,
        index,
      }),
    );
    for (const [index, row] of (after as readonly PartialValue[]).entries()) {
      if (row === undefined) continue;
      const replacedIndex = result.findIndex(
        (candidate) => candidate.from !== own.source && optionOf(candidate.row) === optionOf(row),
      );
      result.splice(replacedIndex < 0 ? result.length : replacedIndex, replacedIndex < 0 ? 0 : 1, {
        row,
        from: own.source,
        index,
      });
    }
    for (const [at, { from, index }] of result.entries())
      setLocation([...path, at], from ?? own.source, [...path, index]);
    return result.map(({ row }) => row);
  };

  const value = mergeValue([], base?.value, own.value);
  return {
    value,
    needlessRemovals,
    locationOf: (path) => {
      for (let length = path.length; length > 0; length--) {
        const location = locations.get(JSON.stringify(path.slice(0, length)));
        if (location !== undefined) return { ...location, path: [...location.path, ...path.slice(length)] };
      }
      return { source: own.source, path };
    },
  };
}

const isRowsPath = (path: Path): boolean => path.length === 3 && path[0] === "tables" && path[2] === "rows";

/** Whether a field mapping replaces the extended one as a whole. */
const replacesField = (path: Path, after: { readonly [name: string]: JsonValue }): boolean =>
  path.length === 5 && path[2] === "records" && ("as" in after || "always" in after);

const optionOf = (row: PartialValue): string | undefined =>
  isJsonObject(row) ? String(row.option ?? "").trim() : undefined;
