import { isObject } from "./field.ts";
import type { Response } from "./send.ts";

/**
 * How Alma takes a file: as a link that it fetches itself, `{"url", "description"}`, or as a multipart form. Its
 * document mentions the address without describing it (Alma: Apartments, photos).
 */
export type FileForm = "link" | "multipart";

/** What an answer shows of the form, as far as it does. */
export interface Shape {
  readonly form?: FileForm;
  /** The name of the form's field that holds the file. */
  readonly fileField?: string;
}

/** The field that holds the link, in the link form. */
export const LINK_FIELD = "url";

/** What the metadata that Django REST Framework answers to OPTIONS says: fields by type, or else media types. */
export function described(json: unknown): Shape {
  if (!isObject(json)) return {};
  const fields =
    isObject(json.actions) && isObject(json.actions.POST) ? Object.entries(json.actions.POST) : [];
  const file = fields.find(([, field]) => isObject(field) && /upload/.test(String(field.type)));
  if (file !== undefined) return { form: "multipart", fileField: file[0] };
  if (fields.some(([name]) => name === LINK_FIELD)) return { form: "link" };
  const parses: readonly unknown[] = Array.isArray(json.parses) ? json.parses : [];
  const asJson = parses.includes("application/json");
  if (asJson === parses.includes("multipart/form-data")) return {};
  return { form: asJson ? "link" : "multipart" };
}

/** What a refusal says about the form: a media type that is not taken, or a field of the other form that is missed. */
export function demanded(using: FileForm, { status, body }: Response): Shape {
  if (status === 415) return { form: using === "link" ? "multipart" : "link" };
  if (status !== 400 || !("json" in body) || !isObject(body.json)) return {};
  const complaints = Object.keys(body.json);
  if (using === "multipart") return complaints.includes(LINK_FIELD) ? { form: "link" } : {};
  // A complaint about the link itself is no sign that Alma wants something else.
  if (complaints.includes(LINK_FIELD)) return {};
  const missed = complaints.find((field) => /file|image|photo|picture/.test(field));
  return missed === undefined ? {} : { form: "multipart", fileField: missed };
}
