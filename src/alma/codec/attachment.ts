import type { Json } from "../http/json.ts";
import { type Codec, InvalidValue, text, throwUnreadable } from "./codec.ts";
import { isObject, parseId } from "./field.ts";

/** A photo: Alma's id of the attachment and its link, each null if Alma does not show it. */
export interface Photo {
  readonly id: number | null;
  readonly url: string | null;
}

/** A whole set of photos: ids of the attached photos to keep, and ids of uploaded files to add. */
export interface PhotoSet {
  readonly keep?: readonly number[];
  readonly add: readonly number[];
}

/**
 * Photos. Alma's document shows only empty lists, so an entry may be an object, a link or an id. A write sends the
 * whole new set: Alma deletes a photo that is not in it (Alma: Apartments, PATCH).
 */
export const photos: Codec<readonly Photo[], PhotoSet> = {
  accepts: "photos",
  read: (value) => (Array.isArray(value) ? value.map(readPhoto) : throwUnreadable(value, "a list of photos")),
  encode: ({ keep = [], add }): Json => [
    ...keep.map((id) => ({ id })),
    ...add.map((file) => ({ external_file_id: file })),
  ],
  toInputPath: ([index], { keep = [], add }) => {
    const added = typeof index === "number" ? index - keep.length : -1;
    return added >= 0 && added < add.length ? ["add", added] : [];
  },
};

function readPhoto(value: unknown): Photo {
  if (isObject(value)) return { id: parseId(value.id) ?? null, url: findUrl(value) ?? null };
  const id = parseId(value);
  if (id !== undefined) return { id, url: null };
  if (typeof value === "string") return { id: null, url: value || null };
  throw new InvalidValue("Alma answered a list in which an entry is not a photo.");
}

/**
 * A scan: written as the id of an uploaded file, read as text. Alma's document shows a client's scan as a link, and a
 * contract's only as null. An object, which a photo may be too, is read as its link, or else its id.
 */
export const scan: Codec<string, number> = {
  accepts: "file",
  read: (value) => {
    if (!isObject(value)) return text.read(value) || null;
    const shownAs = findUrl(value) ?? parseId(value.id)?.toString();
    if (shownAs !== undefined) return shownAs;
    const isEmpty = Object.values(value).every((part) => part === null || part === "");
    return isEmpty ? null : throwUnreadable(value, "a file");
  },
  encode: (value) => value,
};

/** The text that looks most like a link: the one called `url`, else one with a slash, else any. */
function findUrl(file: Readonly<Record<string, unknown>>): string | undefined {
  const candidates = Object.entries(file)
    .filter(
      (entry): entry is [string, string] =>
        typeof entry[1] === "string" && entry[0] !== "id" && entry[1] !== "",
    )
    .map(([name, value]) => ({ value, rank: name === "url" ? 0 : value.includes("/") ? 1 : 2 }))
    .sort((a, b) => a.rank - b.rank);
  return candidates[0]?.value;
}
