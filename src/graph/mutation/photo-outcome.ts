import type { Photo, PhotoSet, UploadNames } from "../../alma/index.ts";
import type { PhotoChanges } from "../input/input-changes.ts";

/** A change of photos and its result. */
export interface ChangedPhotos {
  /** The set that was sent; null to delete all. */
  readonly sentPhotos: PhotoSet | null;
  readonly removed: PhotoChanges["remove"];
  readonly shown: readonly Photo[];
  readonly uploads: UploadNames;
}

/** Returns the photos that were not there before, including those added by others. */
export const newPhotos = ({ sentPhotos, removed, shown }: Omit<ChangedPhotos, "uploads">): readonly Photo[] =>
  shown.filter(({ id }) => id === null || !(sentPhotos?.keep?.includes(id) || removed?.includes(id)));

/**
 * Returns whether a change of photos shows as sent. A photo id does not identify the uploaded file: an addition is
 * certain if the URL of a new photo contains the name of its upload, and "possible" if as many photos are new as were
 * added and none is known to be somebody else's.
 */
export function photosShown(change: ChangedPhotos): "certain" | "possible" | "not" {
  const { sentPhotos, removed, shown, uploads } = change;
  const { keep = [], add } = sentPhotos ?? { add: [] };
  const ids = new Set(shown.map(({ id }) => id));
  const isKept = keep.every((id) => ids.has(id)) && !removed?.some((id) => ids.has(id));
  if (!isKept || (sentPhotos === null && shown.length > 0)) return "not";
  const added = newPhotos(change);
  const missing = add.filter((file) => !added.some(({ url }) => isMadeOf(url, file, uploads)));
  if (missing.length === 0) return "certain";
  const isOpen =
    missing.some((file) => uploads.nameOf(file) === undefined) || added.some(({ url }) => url === null);
  return isOpen && added.length === add.length ? "possible" : "not";
}

/** Returns whether the URL of a photo or scan contains the name of an upload. */
export function isMadeOf(link: unknown, file: number, uploads: UploadNames) {
  const name = uploads.nameOf(file);
  return name !== undefined && typeof link === "string" && link.includes(name);
}
