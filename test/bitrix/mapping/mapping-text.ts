import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadMapping, MappingError } from "../../../src/capabilities/bitrix/mapping/load-mapping.ts";
import type { Mapping } from "../../../src/capabilities/bitrix/mapping/mapping.ts";

const folder = mkdtempSync(join(tmpdir(), "mapping-"));
let files = 0;

/** The path of a new file with this text, or with this value as JSON. */
export function fileOf(content: unknown): string {
  const path = join(folder, `${++files}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content, null, 2));
  return path;
}

/** The mapping in a file with this content. */
export const mappingOf = (content: unknown): Mapping => loadMapping(fileOf(content));

/** The issues of a file with this content, in the form `path: message`. */
export function issuesOf(content: unknown): string[] {
  const path = fileOf(content);
  try {
    loadMapping(path);
    return [];
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return error.issues.map((issue) => issue.replace(path, "").trim());
  }
}

/** The text of the bundled mapping. */
export const bundled = readFileSync("src/capabilities/bitrix/dubai.json", "utf8");
