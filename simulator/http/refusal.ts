import type { Switches } from "../store/switches.ts";
import { htmlPage } from "./html.ts";
import type { Message } from "./message.ts";
import type { ApiResponse } from "./route.ts";

/** An error body of Django REST Framework: messages by field, nested like the request body. */
export type ErrorTree = { readonly [field: string]: readonly (Message | ErrorTree)[] | ErrorTree | Message };

/** A request that Alma refuses, because of invalid fields or a violated rule. */
export class Refusal extends Error {
  readonly errors: ErrorTree;
  readonly isRuleViolation: boolean;

  constructor(errors: ErrorTree, isRuleViolation = false) {
    super("Refused.");
    this.errors = errors;
    this.isRuleViolation = isRuleViolation;
  }
}

/** A refusal by a rule that concerns several fields or records. */
export function ruleViolation(rule: Message): Refusal {
  return new Refusal({ non_field_errors: [rule] }, true);
}

/** The answer to a refused request, in the form and language of the switches. */
export function refusalResponse({ errors, isRuleViolation }: Refusal, switches: Switches): ApiResponse {
  const status = isRuleViolation ? switches.refusalStatus : 400;
  const body = translateErrors(errors, switches.language);
  const messages = [...flatten(body)];
  switch (switches.errorForm) {
    case "drf":
      return { status, body };
    case "detail":
      return { status, body: { detail: messages.join(" ") } };
    case "nonField":
      return { status, body: { non_field_errors: messages } };
    case "list":
      return { status, body: messages };
    case "text":
      return { status, text: messages.join("\n") };
    case "html":
      return { status, html: htmlPage("Bad Request", messages.join("<br>")) };
    case "empty":
      return { status };
  }
}

/** Translates an error tree to one language. */
function translateErrors(errors: unknown, language: "en" | "ru"): unknown {
  if (Array.isArray(errors)) return errors.map((error) => translateErrors(error, language));
  if (isMessage(errors)) return errors[language];
  return Object.fromEntries(
    Object.entries(errors as ErrorTree).map(([field, error]) => [field, translateErrors(error, language)]),
  );
}

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && typeof (value as Message).ru === "string";
}

/** All messages of a translated error tree, with their fields. */
function* flatten(body: unknown, field = ""): Generator<string> {
  if (typeof body === "string") yield field && field !== "non_field_errors" ? `${field}: ${body}` : body;
  else if (Array.isArray(body)) for (const part of body) yield* flatten(part, field);
  else for (const [name, part] of Object.entries(body as object)) yield* flatten(part, name);
}
