import type { Photo, PhotoSet, UploadNames } from "../../alma/index.ts";
import type { PhotoChanges } from "../input/photo-changes.ts";

/** A change of photos, and what is there after it. */
interface ChangedPhotos {
  /** The set that was sent; null: none is to be left. */
  readonly sent: PhotoSet | null;
  readonly removed: PhotoChanges["remove"];
  readonly shown: readonly Photo[];
  readonly uploads: UploadNames;
}

/** The photos that were not there before, whoever has added them. */
export const newPhotos = ({ sent, removed, shown }: Omit<ChangedPhotos, "uploads">): readonly Photo[] =>
  shown.filter(({ id }) => id === null || !(sent?.keep?.includes(id) || removed?.includes(id)));

/**
 * Whether a change of photos shows as sent. An id of a photo does not lead to the uploaded file: an addition is certain
 * if the link of a new photo has the name that its upload got, and "possible" if as many are new as were added and none
 * is known to be somebody else's.
 */
export function photosShown(change: ChangedPhotos): "certain" | "possible" | "not" {
  const { sent, removed, shown, uploads } = change;
  const { keep = [], add } = sent ?? { add: [] };
  const ids = new Set(shown.map(({ id }) => id));
  const isKept = keep.every((id) => ids.has(id)) && !removed?.some((id) => ids.has(id));
  if (!isKept || (sent === null && shown.length > 0)) return "not";
  const added = newPhotos(change);
  const missing = add.filter((file) => !added.some(({ url }) => isMadeOf(url, file, uploads)));
  if (missing.length === 0) return "certain";
  const isOpen =
    missing.some((file) => uploads.nameOf(file) === undefined) || added.some(({ url }) => url === null);
  return isOpen && added.length === add.length ? "possible" : "not";
}

/** Whether the link of a photo or scan has the name that an upload got. */
export function isMadeOf(link: unknown, file: number, uploads: UploadNames): boolean {
  const name = uploads.nameOf(file);
  return name !== undefined && typeof link === "string" && link.includes(name);
}
