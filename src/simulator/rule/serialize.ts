import type { SimulatorContext } from "../store/context.ts";
import type { Photo } from "../store/record.ts";
import type { Switches } from "../store/switches.ts";

/** A day as answers show it: with midnight and without a zone. */
export function serializeDay(day: string | null): string | null {
  return day === null ? null : `${day}T00:00:00`;
}

/** A choice as answers show it: `{ name: "property_type.bunk", value: "bunk" }`. */
export function serializeChoice<V>(kind: string, value: V): { name: string; value: V } | null {
  return value === null ? null : { name: `${kind}.${value}`, value };
}

export function serializeExternalId(id: string | null, { externalIdForm }: Switches): string | number | null {
  return externalIdForm === "number" && id !== null && /^[1-9]\d{0,14}$/.test(id) ? Number(id) : id;
}

export function serializeRent(rent: number | null, { rentForm }: Switches): string | number | null {
  return rentForm === "string" && rent !== null ? rent.toFixed(2) : rent;
}

/** Attached photos: the source shows only an empty list, so their form is a switch. */
export function serializePhotos(photos: readonly Photo[], { photoForm }: Switches): unknown[] {
  if (photoForm === "strings") return photos.map((photo) => photo.url);
  if (photoForm === "numbers") return photos.map((photo) => photo.id);
  return photos.map((photo) => ({ id: photo.id, image: photo.url }));
}

/** A scan as answers show it: the path of a private file, by what it belongs to. */
export function serializeScan(
  file: number | null,
  folder: string,
  { data }: SimulatorContext,
): string | null {
  const name = data.files.get(file)?.name;
  return name === undefined ? null : `/private-media/127/${folder}/${name}`;
}

/** Another record as it is shown inside one: its id and name. */
export function serializeName(row: { id: number; name: string | null } | undefined) {
  return row ? { id: row.id, name: row.name } : null;
}
