import type { Path } from "./codec.ts";
import { isObject } from "./field.ts";
import { type Problem, type ProblemCode, sentence } from "./problem.ts";
import type { Body } from "./send.ts";
import { recognise } from "./wording.ts";

/** Keys of an error body that name no field: what they hold is about the place they stand at. */
const ABOUT_THE_WHOLE = new Set([
  "non_field_errors",
  "__all__",
  "detail",
  "details",
  "error",
  "errors",
  "message",
  "messages",
]);
const DEEPEST = 50;
const MOST_PROBLEMS = 200;
const LONGEST_WORDS = 300;
const LONGEST_READ = 2_000;

/** How a refusal is brought before the caller. */
export interface Hearing {
  /** From a place in Alma's body to the caller's. */
  readonly trace: (place: Path) => Path;
  /** Texts that no caller may see: Alma's host, the key. */
  readonly secrets: readonly string[];
}

/**
 * Every complaint in an error body of Django REST Framework, nested to any depth: `{field: [..]}`,
 * `{non_field_errors: [..]}`, `{detail: ..}`, `[..]`, text. A body that says nothing fit to be shown, such as HTML,
 * gives one REJECTED. Never throws, whatever the body.
 */
export function problemsOf(body: Body, { trace, secrets }: Hearing): readonly [Problem, ...Problem[]] {
  const complaints: Problem[] = [];
  const complain = (text: string, place: Path) => {
    if (complaints.length >= MOST_PROBLEMS) return;
    const path = trace(place);
    const code: ProblemCode =
      recognise(text.slice(0, LONGEST_READ)) ?? (path.length > 0 ? "INVALID" : "REJECTED");
    complaints.push({ code, message: sentence(code, presentable(text, secrets)), path });
  };
  walk("json" in body ? body.json : body.text, [], complain);
  const [first, ...rest] = complaints;
  return first === undefined ? [rejected] : [first, ...rest];
}

/** A refusal that gives no reason. */
export const rejected: Problem = { code: "REJECTED", message: sentence("REJECTED", undefined), path: [] };

function walk(value: unknown, place: Path, complain: (text: string, place: Path) => void): void {
  if (typeof value === "string") {
    if (value.trim() !== "" && !looksLikeMarkup(value)) complain(value, place);
  } else if (place.length >= DEEPEST) {
    complain("", place);
  } else if (Array.isArray(value)) {
    // Texts in a list are several complaints about one place; objects are about the element of the same index.
    for (const [index, each] of value.entries())
      walk(each, typeof each === "string" ? place : [...place, index], complain);
  } else if (isObject(value)) {
    const named = fieldNamed(value);
    for (const [key, each] of Object.entries(value)) {
      if (named !== undefined && (key === "attr" || key === "field" || key === "code" || key === "type"))
        continue;
      if (key === "code" || key === "status" || key === "status_code") {
        if (typeof each === "string" || typeof each === "number") continue;
      }
      walk(each, ABOUT_THE_WHOLE.has(key) ? [...place, ...(named ?? [])] : [...place, key], complain);
    }
  }
}

/** The place in `{"attr": "photos.1.external_file_id", "detail": ..}`, as some add-ons of the framework answer. */
function fieldNamed(value: Readonly<Record<string, unknown>>): Path | undefined {
  const name = value.attr ?? value.field;
  if (typeof name !== "string" || !("detail" in value || "message" in value)) return undefined;
  return name
    .split(/[.[\]]+/)
    .filter(Boolean)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** Alma's words if they are a plain sentence: no markup, no address, no key, nothing long. */
function presentable(text: string, secrets: readonly string[]): string | undefined {
  const line = text.replace(/\s+/g, " ").trim();
  if (line === "" || line.length > LONGEST_WORDS || looksLikeMarkup(line)) return undefined;
  if (/:\/\/|Traceback|\bFile "|[\p{Cc}]/u.test(line)) return undefined;
  const lower = line.toLowerCase();
  return secrets.some((secret) => secret !== "" && lower.includes(secret.toLowerCase())) ? undefined : line;
}

function looksLikeMarkup(text: string): boolean {
  return /<[a-z!/?]/i.test(text);
}
