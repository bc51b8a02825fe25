import { fieldMessage } from "../http/message.ts";
import type { ErrorTree } from "../http/refusal.ts";
import type { SimulatorContext } from "../store/context.ts";
import type { Photo } from "../store/record.ts";
import { type Field, InvalidValueError, pythonTypeName, type Requirement } from "./field.ts";
import { readForeignKey } from "./field-type.ts";

/**
 * The `photos` field (Alma: Apartments, PATCH). The list replaces all photos: an entry with `id` keeps an attached
 * photo, an entry with `external_file_id` adds an uploaded file, and attached photos that are not listed are deleted.
 */
export function photoList(requirement: Requirement): Field<readonly Photo[]> {
  return {
    requirement,
    isNullable: false,
    parse(input, context, before) {
      if (!Array.isArray(input)) throw new InvalidValueError(fieldMessage.notList(pythonTypeName(input)));
      const attached = (before as { photos: readonly Photo[] } | undefined)?.photos ?? [];
      const entries = input.map((entry: unknown) => readPhotoEntry(entry, attached, context));
      if (entries.some((entry) => "errors" in entry)) {
        throw new InvalidValueError(...entries.map((entry) => ("errors" in entry ? entry.errors : {})));
      }
      return entries.flatMap((entry) =>
        "kept" in entry ? [entry.kept] : "file" in entry ? [attach(entry.file, context)] : [],
      );
    },
  };
}

type PhotoEntry = { readonly kept: Photo } | { readonly file: number } | { readonly errors: ErrorTree };

function readPhotoEntry(entry: unknown, attached: readonly Photo[], context: SimulatorContext): PhotoEntry {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
    return { errors: { non_field_errors: [fieldMessage.notObject(pythonTypeName(entry))] } };
  }
  const { id, external_file_id } = entry as { id?: unknown; external_file_id?: unknown };
  if (id !== undefined) {
    const kept = attached.find((photo) => photo.id === id);
    return kept ? { kept } : { errors: { id: [fieldMessage.notAttached] } };
  }
  if (external_file_id === undefined) return { errors: { external_file_id: [fieldMessage.required] } };
  try {
    return { file: readForeignKey(external_file_id, ["files"], context) };
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error;
    return { errors: { external_file_id: error.errors } };
  }
}

function attach(file: number, { data }: SimulatorContext): Photo {
  const id = data.photoIds.take();
  return { id, url: `/media/127/photos/${id}/${data.files.get(file)?.name ?? "photo.jpg"}` };
}
