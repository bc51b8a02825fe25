import { readFileSync } from "node:fs";
import { codeFolder } from "../../../config/index.ts";
import type { JsonValue } from "../item/json.ts";
import { type MappingFile, mappingFileSchema } from "../item/mapping-file.ts";
import { checkMapping, type ReportIssue } from "./check-mapping.ts";
import { createMapping, type Mapping } from "./mapping.ts";
import { mergeMappings } from "./merge.ts";

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
function parseMapping(file: string, own: JsonValue): MappingFile {
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
