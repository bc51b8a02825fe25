import { readFileSync } from "node:fs";
import { codeFolder } from "../../../config/index.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../item/json-object.ts";
import { mappingFileSchema } from "../item/mapping-file.ts";
import { checkMapping, type Path, type ReportIssue } from "./check-mapping.ts";
import { createMapping, type Mapping } from "./mapping.ts";

/** An invalid mapping file. */
export class MappingError extends Error {
  /** One sentence for each issue, with its location. */
  readonly issues: readonly string[];

  constructor(
    file: string,
    issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
  ) {
    const sentences = issues.map(
      ({ path, message }) => `${[file, ...(path.length > 0 ? [path.join(".")] : [])].join(" ")}: ${message}`,
    );
    super(`The Bitrix mapping is invalid:\n- ${sentences.join("\n- ")}`);
    this.issues = sentences;
  }
}

/** Loads the mapping from a file, by default the bundled one. Throws a MappingError with all issues of the file. */
export function loadMapping(path?: string): Mapping {
  return createMapping(
    path === undefined ? parseMapping("dubai.json", readBundled()) : parseMapping(path, readJson(path)),
  );
}

/** Returns one sentence for each issue of the mapping in BITRIX_MAPPING; empty if it is valid. */
export function mappingErrors({ bitrixMapping }: { readonly bitrixMapping?: string }): readonly string[] {
  if (bitrixMapping === undefined) return [];
  try {
    loadMapping(bitrixMapping);
    return [];
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return error.issues.map((sentence) => `BITRIX_MAPPING: ${sentence}`);
  }
}

const readBundled = () => readJson("dubai.json", new URL("capabilities/bitrix/dubai.json", codeFolder));

function readJson(file: string, from: string | URL = file) {
  try {
    return JSON.parse(readFileSync(from, "utf8").replace(/^\uFEFF/, "")) as JsonValue;
  } catch (error) {
    const message = `It cannot be read as JSON: ${(error as Error).message}. Name a mapping file, or unset BITRIX_MAPPING.`;
    throw new MappingError(file, [{ path: [], message }]);
  }
}

/** Checks a file, merges it over the one it extends, and checks the result. Throws a MappingError. */
function parseMapping(file: string, own: JsonValue) {
  const { data, error } = mappingFileSchema.safeParse(own);
  if (error) throw new MappingError(file, error.issues);
  const issues: { path: readonly PropertyKey[]; message: string }[] = [];
  const report: ReportIssue = (path, message) => issues.push({ path, message });
  const merged = data.extends === undefined ? own : mergeMappings(readBundled(), own, [], report);
  const mapping = mappingFileSchema.parse(merged);
  checkMapping(mapping, report);
  if (issues.length > 0) throw new MappingError(file, issues);
  return mapping;
}

/**
 * Merges a valid mapping over the one it extends. Objects are merged key by key, rows of a table by option, and null
 * removes. A field mapping with `as` or `always` replaces the extended one completely.
 */
function mergeMappings(
  base: JsonValue | undefined,
  own: JsonValue,
  path: Path,
  report: ReportIssue,
): JsonValue | undefined {
  if (own === null && base === undefined)
    report(path, "removes something that dubai.json does not have; remove this line or correct the name.");
  if (own === null) return undefined;
  if (path[2] === "rows" && Array.isArray(own) && Array.isArray(base)) return mergeRows(base, own);
  if (!isJsonObject(own) || !isJsonObject(base) || replacesField(path, own)) return own;
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(own)) {
    const part = mergeMappings(merged.get(key), value, [...path, key], report);
    if (part === undefined) merged.delete(key);
    else merged.set(key, part);
  }
  return Object.fromEntries(merged);
}

function mergeRows(base: readonly JsonValue[], own: readonly JsonValue[]): JsonValue {
  const optionOf = (row: JsonValue) => String((row as JsonObject).option).trim();
  return [...new Map([...base, ...own].map((row) => [optionOf(row), row])).values()];
}

/** Returns whether a field mapping replaces the extended one completely. */
const replacesField = (path: Path, own: JsonObject) =>
  path.length === 5 && path[2] === "records" && ("as" in own || "always" in own);
