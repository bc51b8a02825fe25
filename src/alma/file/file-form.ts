import { isObject } from "../codec/field.ts";
import type { AlmaResponse } from "../http/send.ts";
import { classify } from "../resource/wording.ts";

/**
 * How Alma accepts a file: as a link that it fetches, `{"url", "description"}`, or in a multipart form. Its document
 * mentions the endpoint without describing it (Alma: Apartments, photos).
 */
export type FileForm = "link" | "multipart";

/** What a response shows about the form. */
export interface FormHint {
  readonly form?: FileForm;
  /** The name of the multipart field for the file. */
  readonly fileField?: string;
}

/** The field for the link, in the link form. */
export const LINK_FIELD = "url";

/** The form that Django REST Framework's response to OPTIONS shows: by its fields, else by its media types. */
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

/** The form that a refusal shows: by refusing the media type, or by missing a field that only the other form has. */
export function formFromRefusal(sentForm: FileForm, { status, body }: AlmaResponse): FormHint {
  if (status === 415) return { form: sentForm === "link" ? "multipart" : "link" };
  if (status !== 400 || !("json" in body) || !isObject(body.json)) return {};
  const refusedFields = Object.keys(body.json);
  if (sentForm === "multipart") return refusedFields.includes(LINK_FIELD) ? { form: "link" } : {};
  // An error about the link itself does not mean that Alma expects the other form.
  if (refusedFields.includes(LINK_FIELD)) return {};
  // Nor does one about the file that Alma has fetched, such as its size.
  const missingField = Object.entries(body.json).find(
    ([field, errors]) =>
      /file|image|photo|picture/.test(field) && classify(JSON.stringify(errors)) === "REQUIRED",
  )?.[0];
  return missingField === undefined ? {} : { form: "multipart", fileField: missingField };
}
