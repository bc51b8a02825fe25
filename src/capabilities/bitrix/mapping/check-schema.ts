import type { z } from "zod";
import { maxText } from "../../../alma/index.ts";
import { isJsonObject, type JsonValue } from "../item/json.ts";
import { mappingFileSchema } from "../item/mapping-file.ts";
import type { Path } from "./source-file.ts";

/** A violation of the schema, and the part of the file that is omitted because of it. */
interface SchemaIssue {
  readonly path: Path;
  readonly message: string;
  readonly omittedPath: Path;
}

/** The violations of the schema in a file, and the file without its invalid parts; undefined if no part is valid. */
export interface SchemaCheck {
  readonly validPart: JsonValue | undefined;
  readonly issues: readonly SchemaIssue[];
  /** Names of tables that omitted parts use; these tables are not reported as unused. */
  readonly omittedTables: ReadonlySet<unknown>;
}

/** Checks a file against the schema. */
export function checkSchema(value: JsonValue): SchemaCheck {
  const tooLong = findTooLong(value, []);
  if (tooLong.length > 0) return { validPart: undefined, issues: tooLong, omittedTables: new Set() };
  const parsed = mappingFileSchema.safeParse(value);
  if (parsed.success) return { validPart: value, issues: [], omittedTables: new Set() };
  const validPart = structuredClone(value) as JsonValue;
  const issues: SchemaIssue[] = [];
  const omittedTables = new Set<unknown>();
  for (const issue of parsed.error.issues) {
    const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
    const unknownKeys =
      issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : undefined;
    for (const issuePath of unknownKeys ?? [path]) {
      // Only the unknown key is omitted; its siblings are still checked.
      const omittedPath = unknownKeys ? issuePath : enclosingPart(issuePath);
      issues.push({ path: issuePath, message: `${describeIssue(issue)}.`, omittedPath });
      const removed = removeAt(validPart, omittedPath);
      if (isJsonObject(removed)) omittedTables.add(removed.table);
    }
  }
  return {
    validPart: mappingFileSchema.safeParse(withoutHoles(validPart)).success ? validPart : undefined,
    issues,
    omittedTables,
  };
}

/** The texts and names that are too long to be matched. */
function findTooLong(value: JsonValue, path: Path): SchemaIssue[] {
  const check = (text: string, at: Path): SchemaIssue[] =>
    text.length <= maxText
      ? []
      : [{ path: at, message: `has ${text.length} characters; ${maxText} are allowed.`, omittedPath: at }];
  if (typeof value === "string") return check(value, path);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => [
    ...check(name, path),
    ...findTooLong(part, [...path, Array.isArray(value) ? Number(name) : name]),
  ]);
}

/** The smallest meaningful part around a path: a row, a field mapping, a link, else a key. */
function enclosingPart(path: Path): Path {
  const [first, , third] = path;
  if (first === "tables") return path.slice(0, 4);
  if (first !== "items") return path.slice(0, 1);
  return path.slice(0, third === "records" ? 5 : third === "links" ? 4 : 3);
}

/** Removes a part and returns it. A removed row leaves a hole, so that the following rows keep their indexes. */
function removeAt(value: JsonValue, path: Path): JsonValue | undefined {
  const last = path.at(-1);
  let parent: unknown = value;
  for (const step of path.slice(0, -1))
    parent = typeof parent === "object" && parent !== null ? Reflect.get(parent, step) : undefined;
  if (last === undefined || typeof parent !== "object" || parent === null) return undefined;
  const removed = Reflect.get(parent, last) as JsonValue | undefined;
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  else Reflect.deleteProperty(parent, last);
  return removed;
}

/** Removes the holes of removed rows. */
function withoutHoles(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part) =>
      Array.isArray(part) ? part.filter((entry) => entry !== undefined) : part,
    ),
  );
}

const typeLabels: Readonly<Record<string, string>> = {
  object: "an object",
  record: "an object",
  array: "a list",
  string: "a text",
  number: "a number",
};

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value")
    return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
  if (issue.code !== "invalid_type") return issue.message;
  const expectation = `must be ${typeLabels[issue.expected] ?? issue.expected}`;
  return issue.message.endsWith("undefined") ? `is missing; it ${expectation}` : expectation;
}
