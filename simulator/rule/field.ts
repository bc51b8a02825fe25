import { fieldMessage, type Message } from "../http/message.ts";
import type { ErrorTree } from "../http/refusal.ts";
import { Refusal } from "../http/refusal.ts";
import type { SimulatorContext } from "../store/context.ts";

/**
 * Whether a POST must have a field. The document calls "known" fields mandatory; its example has "printed" fields
 * without calling them optional, and the switch `requiredFields` decides; "optional" fields may be left out.
 */
export type Requirement = "known" | "printed" | "optional";

/** How a field of a request body is read. */
export interface Field<V> {
  readonly requirement: Requirement;
  /** Whether the field is the record's parent, which a PATCH with `name` must have too (switch `renameNeedsParent`). */
  readonly isParent?: true;
  readonly isNullable: boolean;
  /** Reads a value other than null. `before` is the record that a PATCH changes. Throws InvalidValueError. */
  parse(value: unknown, context: SimulatorContext, before: unknown): V;
}

/** A field does not accept a value; `errors` has Alma's messages. */
export class InvalidValueError extends Error {
  readonly errors: readonly (Message | ErrorTree)[];

  constructor(...errors: (Message | ErrorTree)[]) {
    super("Invalid.");
    this.errors = errors;
  }
}

/** The writable fields of a kind of record, by name. */
export type Fields<T> = { readonly [K in keyof T]?: Field<T[K]> };

/**
 * Reads a request body as Django REST Framework does: all errors at once, unknown fields ignored, absent fields left
 * out. `before` is the record that a PATCH changes. A PATCH requires no field, except the parent with a new name.
 */
export function readBody<T>(
  fields: Fields<T>,
  body: unknown,
  context: SimulatorContext,
  before?: T,
): Partial<T> {
  const input = requireObject(body);
  const isRename = context.switches.renameNeedsParent && Object.hasOwn(input, "name");
  const values = new Map<string, unknown>();
  const errors: Record<string, readonly (Message | ErrorTree)[]> = {};
  for (const [name, field] of Object.entries(fields) as [string, Field<unknown>][]) {
    if (!Object.hasOwn(input, name)) {
      if (before ? isRename && field.isParent : isRequired(field.requirement, context))
        errors[name] = [fieldMessage.required];
      continue;
    }
    try {
      values.set(name, readField(field, input[name], context, before));
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      errors[name] = error.errors;
    }
  }
  if (Object.keys(errors).length > 0) throw new Refusal(errors);
  return Object.fromEntries(values) as Partial<T>;
}

/** The request body as an object. Throws Refusal for anything else. */
function requireObject(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body };
  throw new Refusal({ non_field_errors: [fieldMessage.notObject(pythonTypeName(body))] });
}

function readField(
  field: Field<unknown>,
  value: unknown,
  context: SimulatorContext,
  before: unknown,
): unknown {
  if (value === null && !field.isNullable) throw new InvalidValueError(fieldMessage.isNull);
  return value === null ? null : field.parse(value, context, before);
}

function isRequired(requirement: Requirement, { switches }: SimulatorContext): boolean {
  return requirement === "known" || (requirement === "printed" && switches.requiredFields === "printed");
}

/** The Python type of a JSON value, as Django REST Framework's messages name it. */
export function pythonTypeName(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (Array.isArray(value)) return "list";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return { string: "str", boolean: "bool", object: "dict" }[typeof value as "string"] ?? "str";
}
