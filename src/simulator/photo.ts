import { type Field, Invalid, type Need, pythonType } from "./field.ts";
import { fieldMessage } from "./message.ts";
import type { Photo } from "./record.ts";
import type { Errors } from "./refusal.ts";
import { readKey } from "./value.ts";
import type { World } from "./world.ts";

/**
 * The photos after a write (Alma: Apartments, PATCH). The list is the whole new set: `{ id }` keeps an attached
 * photo, `{ external_file_id }` adds an uploaded file, and what is attached but not listed is deleted.
 */
export function photoSet(need: Need): Field<readonly Photo[]> {
  return {
    need,
    takesNull: false,
    read(sent, world, before) {
      if (!Array.isArray(sent)) throw new Invalid(fieldMessage.notList(pythonType(sent)));
      const attached = (before as { photos: readonly Photo[] } | undefined)?.photos ?? [];
      const entries = sent.map((entry: unknown) => readEntry(entry, attached, world));
      if (entries.some((entry) => "errors" in entry)) {
        throw new Invalid(...entries.map((entry) => ("errors" in entry ? entry.errors : {})));
      }
      return entries.flatMap((entry) =>
        "kept" in entry ? [entry.kept] : "file" in entry ? [attach(entry.file, world)] : [],
      );
    },
  };
}

type Entry = { readonly kept: Photo } | { readonly file: number } | { readonly errors: Errors };

function readEntry(entry: unknown, attached: readonly Photo[], world: World): Entry {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
    return { errors: { non_field_errors: [fieldMessage.notObject(pythonType(entry))] } };
  }
  const { id, external_file_id } = entry as { id?: unknown; external_file_id?: unknown };
  if (id !== undefined) {
    const kept = attached.find((each) => each.id === id);
    return kept ? { kept } : { errors: { id: [fieldMessage.notAttached] } };
  }
  if (external_file_id === undefined) return { errors: { external_file_id: [fieldMessage.required] } };
  try {
    return { file: readKey(external_file_id, ["files"], world) };
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return { errors: { external_file_id: error.errors } };
  }
}

function attach(file: number, { data }: World): Photo {
  const id = data.photoIds.take();
  return { id, url: `/media/127/photos/${id}/${data.files.get(file)?.name ?? "photo.jpg"}` };
}
