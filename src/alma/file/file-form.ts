import type { AlmaResponse } from "../http/send.ts";
import { isObject } from "../record/field.ts";

/**
 * How Alma takes a file: as a link that it fetches itself, `{"url", "description"}`, or as a multipart form. Its
 * document mentions the address without describing it (Alma: Apartments, photos).
 */
export type FileForm = "link" | "multipart";

/** What an answer shows of the form, as far as it does. */
export interface FormHint {
  readonly form?: FileForm;
  /** The name of the form's field that holds the file. */
  readonly fileField?: string;
}

/** The field that holds the link, in the link form. */
export const LINK_FIELD = "url";

/** What the metadata that Django REST Framework answers to OPTIONS says: fields by type, or else media types. */
export function formFromOptions(json: unknown): FormHint {
  if (!isObject(json)) return {};
  const fields =
    isObject(json.actions) && isObject(json.actions.POST) ? Object.entries(json.actions.POST) : [];
  const fileEntry = fields.find(([, field]) => isObject(field) && /upload/.test(String(field.type)));
  if (fileEntry !== undefined) return { form: "multipart", fileField: fileEntry[0] };
  if (fields.some(([name]) => name === LINK_FIELD)) return { form: "link" };
  const parses: readonly unknown[] = Array.isArray(json.parses) ? json.parses : [];
  const acceptsJson = parses.includes("application/json");
  if (acceptsJson === parses.includes("multipart/form-data")) return {};
  return { form: acceptsJson ? "link" : "multipart" };
}

/** What a refusal says about the form: a media type that is not taken, or a field of the other form that is missed. */
export function formFromRefusal(sentForm: FileForm, { status, body }: AlmaResponse): FormHint {
  if (status === 415) return { form: sentForm === "link" ? "multipart" : "link" };
  if (status !== 400 || !("json" in body) || !isObject(body.json)) return {};
  const refusedFields = Object.keys(body.json);
  if (sentForm === "multipart") return refusedFields.includes(LINK_FIELD) ? { form: "link" } : {};
  // A complaint about the link itself is no sign that Alma wants something else.
  if (refusedFields.includes(LINK_FIELD)) return {};
  const missingField = refusedFields.find((field) => /file|image|photo|picture/.test(field));
  return missingField === undefined ? {} : { form: "multipart", fileField: missingField };
}
