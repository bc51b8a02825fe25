import { codeFolder } from "../../../config/index.ts";
import { isJsonObject, type JsonValue } from "../item/json.ts";
import { type MappingFile, mappingFileSchema } from "../item/mapping-file.ts";
import type { ReportIssue } from "./check-field.ts";
import { checkMapping } from "./check-mapping.ts";
import { checkSchema } from "./check-schema.ts";
import { createMapping, type Mapping } from "./mapping.ts";
import { MappingError, type MappingIssue } from "./mapping-error.ts";
import { mergeSources, type SourceLocation } from "./merge.ts";
import { readSourceFile, type SourceFile } from "./source-file.ts";

/** The bundled mappings, by the names under which files extend them. */
const bundledNames = ["dubai"];

/**
 * Loads the mapping of a file, by default the bundled one. Throws a MappingError with all issues of the file at once; a
 * file that cannot be read or parsed has only that issue.
 */
export function loadMapping(path?: string): Mapping {
  return createMapping(parseMapping(path === undefined ? readBundledSource("dubai") : readSourceFile(path)));
}

/** One sentence for each issue of the mapping that BITRIX_MAPPING names; empty if it is valid. */
export function mappingErrors({ bitrixMapping }: { readonly bitrixMapping?: string }): readonly string[] {
  if (bitrixMapping === undefined) return [];
  try {
    loadMapping(bitrixMapping);
    return [];
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return error.messages.map((sentence) => `BITRIX_MAPPING: ${sentence}`);
  }
}

const readBundledSource = (name: string): SourceFile =>
  readSourceFile(`${name}.json`, new URL(`capabilities/bitrix/${name}.json`, codeFolder));

/** Checks a file, merges it over the file that it extends, and checks the result. Throws a MappingError. */
function parseMapping(own: SourceFile): MappingFile {
  const issues: MappingIssue[] = [];
  const addIssue = ({ source, path }: SourceLocation, message: string, offset = source.offsetOf(path)) => {
    issues.push({ file: source.file, ...source.position(offset), path: path.join("."), message });
  };
  for (const { path, offset } of own.duplicates)
    addIssue({ source: own, path }, "is given twice in the same object; keep one of the two.", offset);

  const schemaCheck = checkSchema(own.value);
  for (const { path, message } of schemaCheck.issues) addIssue({ source: own, path }, message);
  const base = resolveBase(own, (message) => addIssue({ source: own, path: ["extends"] }, message));
  if (schemaCheck.validPart === undefined || base === "unknown") throw toMappingError(issues);

  const merged = mergeSources(base && { source: base, value: base.value }, {
    source: own,
    value: schemaCheck.validPart,
  });
  // Parts that were omitted for a violation of the schema are not reported as missing too.
  const isOmitted = ({ source, path }: SourceLocation) =>
    source === own &&
    (schemaCheck.issues.some(({ omittedPath }) => omittedPath.every((step, at) => step === path[at])) ||
      (path.length === 2 && path[0] === "tables" && schemaCheck.omittedTables.has(path[1])));
  const report: ReportIssue = (path, message, fallbackPath) => {
    const location = merged.locationOf(path);
    const isInherited = location.source !== own && fallbackPath !== undefined;
    if (isInherited && fallbackPath === null) return;
    const reportedAt = isInherited && fallbackPath !== null ? merged.locationOf(fallbackPath) : location;
    if (!isOmitted(location) && !isOmitted(reportedAt)) addIssue(reportedAt, message);
  };
  for (const path of merged.needlessRemovals)
    addIssue(
      merged.locationOf(path),
      `removes something that ${base?.file} does not have; remove this line or correct the name.`,
    );
  const mapping = mappingFileSchema.parse(merged.value);
  checkMapping(mapping, report);
  if (issues.length > 0) throw toMappingError(issues);
  return mapping;
}

/** The file that a file extends; undefined if it extends none. */
function resolveBase(
  own: SourceFile,
  onUnknownBase: (message: string) => void,
): SourceFile | undefined | "unknown" {
  const name: JsonValue | undefined = isJsonObject(own.value) ? own.value.extends : undefined;
  if (typeof name !== "string") return undefined;
  if (bundledNames.includes(name)) return readBundledSource(name);
  onUnknownBase(
    `names ${JSON.stringify(name)}, but there is no such mapping; there is ${bundledNames.join(", ")}.`,
  );
  return "unknown";
}

function toMappingError(issues: readonly MappingIssue[]): MappingError {
  return new MappingError(issues.toSorted((a, b) => a.line - b.line || a.column - b.column));
}
