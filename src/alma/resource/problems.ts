import { isObject, type Path } from "../codec/field.ts";
import { type Problem, type ProblemCode, problemMessage } from "../codec/problem.ts";
import type { ResponseBody } from "../http/send.ts";
import { classify } from "./wording.ts";

/** Keys of an error body that are not field names: their errors concern the containing object. */
const NON_FIELD_KEYS = new Set([
  "non_field_errors",
  "__all__",
  "detail",
  "details",
  "error",
  "errors",
  "message",
  "messages",
]);
const MAX_DEPTH = 50;
const MAX_PROBLEMS = 200;
const MAX_MESSAGE_LENGTH = 300;
const MAX_CLASSIFIED_LENGTH = 2_000;

/** The arguments of `problemsOf` besides the refusal. */
interface RefusalContext {
  /** Maps a path in the sent body to one in the draft. */
  readonly toInputPath: (bodyPath: Path) => Path;
  /** Texts that callers must not see: Alma's host and the API key. */
  readonly secrets: readonly string[];
}

/**
 * Returns all errors in an error body of Django REST Framework, nested to any depth: `{field: [..]}`,
 * `{non_field_errors: [..]}`, `{detail: ..}`, `[..]`, text. A body without a message, such as HTML, gives one
 * REJECTED. Never throws.
 */
export function problemsOf(
  body: ResponseBody,
  { toInputPath, secrets }: RefusalContext,
): readonly [Problem, ...Problem[]] {
  const problems: Problem[] = [];
  const addProblem = (text: string, bodyPath: Path) => {
    if (problems.length >= MAX_PROBLEMS) return;
    const path = toInputPath(bodyPath);
    const known = classify(text.slice(0, MAX_CLASSIFIED_LENGTH));
    const code: ProblemCode = known ?? (path.length > 0 ? "INVALID" : "REJECTED");
    const message = problemMessage(code, presentableMessage(text, secrets));
    problems.push({ code, message, path, ...(known === undefined && { isUnexplained: true }) });
  };
  walk("json" in body ? body.json : body.text, [], addProblem);
  const [first, ...rest] = problems;
  return first === undefined ? [unexplainedRefusal] : [first, ...rest];
}

/** The problem of a refusal without a reason. */
export const unexplainedRefusal: Problem = {
  code: "REJECTED",
  message: problemMessage("REJECTED", undefined),
  path: [],
  isUnexplained: true,
};

/** Returns whether an object has a key for errors that concern no field. */
export const isErrorBody = (body: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(body).some((key) => NON_FIELD_KEYS.has(key));

function walk(value: unknown, bodyPath: Path, addProblem: (text: string, bodyPath: Path) => void) {
  if (typeof value === "string") {
    if (value.trim() !== "" && !looksLikeMarkup(value)) addProblem(value, bodyPath);
  } else if (bodyPath.length >= MAX_DEPTH) {
    addProblem("", bodyPath);
  } else if (Array.isArray(value)) {
    // Texts in a list are several errors of one field; an object concerns the element with the same index.
    for (const [index, child] of value.entries())
      walk(child, typeof child === "string" ? bodyPath : [...bodyPath, index], addProblem);
  } else if (isObject(value)) {
    const fieldPath = fieldPathOf(value);
    for (const [key, child] of Object.entries(value)) {
      // Field names, codes and statuses describe an error but are not messages.
      if (fieldPath !== undefined && (key === "attr" || key === "field" || key === "code" || key === "type"))
        continue;
      if (key === "code" || key === "status" || key === "status_code") {
        if (typeof child === "string" || typeof child === "number") continue;
      }
      walk(
        child,
        NON_FIELD_KEYS.has(key) ? [...bodyPath, ...(fieldPath ?? [])] : [...bodyPath, key],
        addProblem,
      );
    }
  }
}

/**
 * Returns the path in `{"attr": "photos.1.external_file_id", "detail": ..}` or `{"field": .., "messages":
 * [..]}`, forms of some extensions of the framework.
 */
function fieldPathOf(value: Readonly<Record<string, unknown>>): Path | undefined {
  const name = value.attr ?? value.field;
  if (typeof name !== "string" || !isErrorBody(value)) return undefined;
  return name
    .split(/[.[\]]+/)
    .filter(Boolean)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** Returns Alma's message if it is fit to show: short, without markup, URLs, stack traces and secrets. */
function presentableMessage(text: string, secrets: readonly string[]) {
  const message = text.replace(/\s+/g, " ").trim();
  if (message === "" || message.length > MAX_MESSAGE_LENGTH || looksLikeMarkup(message)) return undefined;
  if (/:\/\/|Traceback|\bFile "|[\p{Cc}]/u.test(message)) return undefined;
  const lower = message.toLowerCase();
  return secrets.some((secret) => secret !== "" && lower.includes(secret.toLowerCase()))
    ? undefined
    : message;
}

function looksLikeMarkup(text: string) {
  return /<[a-z!/?]/i.test(text);
}
