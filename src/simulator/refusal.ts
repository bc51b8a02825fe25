import type { Answer } from "./answer.ts";
import { page } from "./html.ts";
import type { Message } from "./message.ts";
import type { Switches } from "./switches.ts";

/** Django REST Framework's tree of errors: messages by field, nested as deep as the body is. */
export type Errors = { readonly [field: string]: readonly (Message | Errors)[] | Errors | Message };

/** A request that Alma does not carry out. `rule` tells a broken rule from a faulty field. */
export class Refusal extends Error {
  readonly errors: Errors;
  readonly rule: boolean;

  constructor(errors: Errors, rule = false) {
    super("Refused.");
    this.errors = errors;
    this.rule = rule;
  }
}

/** A refusal by a rule that no single field is to blame for. */
export function broken(rule: Message): Refusal {
  return new Refusal({ non_field_errors: [rule] }, true);
}

/** How a refusal looks from outside, in the form and the language that the switches ask for. */
export function refusalAnswer({ errors, rule }: Refusal, switches: Switches): Answer {
  const status = rule ? switches.refusalStatus : 400;
  const body = translate(errors, switches.language);
  const lines = [...flatten(body)];
  switch (switches.errorForm) {
    case "drf":
      return { status, body };
    case "detail":
      return { status, body: { detail: lines.join(" ") } };
    case "nonField":
      return { status, body: { non_field_errors: lines } };
    case "list":
      return { status, body: lines };
    case "text":
      return { status, text: lines.join("\n") };
    case "html":
      return { status, html: page("Bad Request", lines.join("<br>")) };
    case "empty":
      return { status };
  }
}

/** An error tree in one language, ready to be printed. */
export function translate(errors: unknown, language: "en" | "ru"): unknown {
  if (Array.isArray(errors)) return errors.map((each) => translate(each, language));
  if (isMessage(errors)) return errors[language];
  return Object.fromEntries(
    Object.entries(errors as Errors).map(([field, each]) => [field, translate(each, language)]),
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
