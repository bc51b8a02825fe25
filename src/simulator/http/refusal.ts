import type { Switches } from "../store/switches.ts";
import { htmlPage } from "./html.ts";
import type { Message } from "./message.ts";
import type { ApiResponse } from "./route.ts";

/** Django REST Framework's tree of errors: messages by field, nested as deep as the body is. */
export type ErrorTree = { readonly [field: string]: readonly (Message | ErrorTree)[] | ErrorTree | Message };

/** A request that Alma does not carry out. `rule` tells a broken rule from a faulty field. */
export class Refusal extends Error {
  readonly errors: ErrorTree;
  readonly isRuleViolation: boolean;

  constructor(errors: ErrorTree, isRuleViolation = false) {
    super("Refused.");
    this.errors = errors;
    this.isRuleViolation = isRuleViolation;
  }
}

/** A refusal by a rule that no single field is to blame for. */
export function ruleViolation(rule: Message): Refusal {
  return new Refusal({ non_field_errors: [rule] }, true);
}

/** How a refusal looks from outside, in the form and the language that the switches ask for. */
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

/** An error tree in one language, ready to be printed. */
export function translateErrors(errors: unknown, language: "en" | "ru"): unknown {
  if (Array.isArray(errors)) return errors.map((each) => translateErrors(each, language));
  if (isMessage(errors)) return errors[language];
  return Object.fromEntries(
    Object.entries(errors as ErrorTree).map(([field, each]) => [field, translateErrors(each, language)]),
  );
}

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && typeof (value as Message).ru === "string";
}

function* flatten(body: unknown, field = ""): Generator<string> {
  if (typeof body === "string") yield field && field !== "non_field_errors" ? `${field}: ${body}` : body;
  else if (Array.isArray(body)) for (const each of body) yield* flatten(each, field);
  else for (const [name, each] of Object.entries(body as object)) yield* flatten(each, name);
}
