import { fieldMessage, type Message } from "./message.ts";
import type { Errors } from "./refusal.ts";
import { Refusal } from "./refusal.ts";
import type { World } from "./world.ts";

/** When a POST must have a field: always known to; as it is printed and not called optional; never. */
export type Need = "known" | "printed" | "optional";

/** How one field of a body is read. */
export interface Field<V> {
  readonly need: Need;
  /** The parent of the record, which a PATCH that has `name` must have too. */
  readonly isParent?: true;
  readonly takesNull: boolean;
  /** Reads a value that is not null. `before` is the record that a PATCH changes. Throws Invalid. */
  read(value: unknown, world: World, before: unknown): V;
}

/** A value that a field does not take, with what Alma says about it. */
export class Invalid extends Error {
  readonly errors: readonly (Message | Errors)[];

  constructor(...errors: (Message | Errors)[]) {
    super("Invalid.");
    this.errors = errors;
  }
}

/** The fields that a kind of record takes, by name. */
export type Fields<T> = { readonly [K in keyof T]?: Field<T[K]> };

/**
 * Reads a body as Django REST Framework does: all faults at once, unknown fields ignored, absent fields left out.
 * `before` is the record that a PATCH changes; a PATCH requires nothing, or the parent where it renames.
 */
export function readBody<T>(fields: Fields<T>, body: unknown, world: World, before?: T): Partial<T> {
  const sent = bodyObject(body);
  const renames = world.switches.renameNeedsParent && Object.hasOwn(sent, "name");
  const known = new Map<string, unknown>();
  const errors: Record<string, readonly (Message | Errors)[]> = {};
  for (const [name, field] of Object.entries(fields) as [string, Field<unknown>][]) {
    if (!Object.hasOwn(sent, name)) {
      if (before ? renames && field.isParent : required(field.need, world))
        errors[name] = [fieldMessage.required];
      continue;
    }
    try {
      known.set(name, readField(field, sent[name], world, before));
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      errors[name] = error.errors;
    }
  }
  if (Object.keys(errors).length > 0) throw new Refusal(errors);
  return Object.fromEntries(known) as Partial<T>;
}

/** The body as an object, or Alma's refusal of anything else. */
export function bodyObject(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body };
  throw new Refusal({ non_field_errors: [fieldMessage.notObject(pythonType(body))] });
}

function readField(field: Field<unknown>, value: unknown, world: World, before: unknown): unknown {
  if (value === null && !field.takesNull) throw new Invalid(fieldMessage.isNull);
  return value === null ? null : field.read(value, world, before);
}

function required(need: Need, { switches }: World): boolean {
  return need === "known" || (need === "printed" && switches.requiredFields === "printed");
}

/** How Alma's language calls the type of a JSON value. */
export function pythonType(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (Array.isArray(value)) return "list";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return { string: "str", boolean: "bool", object: "dict" }[typeof value as "string"] ?? "str";
}
