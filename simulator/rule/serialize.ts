import type { SimulatorContext } from "../store/context.ts";
import type { Photo } from "../store/record.ts";
import type { Switches } from "../store/switches.ts";

/** A day in answers: at midnight, without a time zone. */
export function serializeDay(day: string | null): string | null {
  return day === null ? null : `${day}T00:00:00`;
}

/** A choice in answers: `{ name: "property_type.bunk", value: "bunk" }`. */
export function serializeChoice<V>(kind: string, value: V): { name: string; value: V } | null {
  return value === null ? null : { name: `${kind}.${value}`, value };
}

/** A Bitrix id in answers, as text or as a number (switch `externalIdForm`). */
export function serializeExternalId(id: string | null, { externalIdForm }: Switches): string | number | null {
  return externalIdForm === "number" && id !== null && /^[1-9]\d{0,14}$/.test(id) ? Number(id) : id;
}

/** `goal_rent_cost` in answers, as a number or as text (switch `rentForm`). */
export function serializeRent(rent: number | null, { rentForm }: Switches): string | number | null {
  return rentForm === "string" && rent !== null ? rent.toFixed(2) : rent;
}

/** Photos in answers. The document shows only an empty list; switch `photoForm` decides. */
export function serializePhotos(photos: readonly Photo[], { photoForm }: Switches): unknown[] {
  if (photoForm === "strings") return photos.map((photo) => photo.url);
  if (photoForm === "numbers") return photos.map((photo) => photo.id);
  return photos.map((photo) => ({ id: photo.id, image: photo.url }));
}

/** A scan in answers: the path of a private file, in a folder named after the record and field. */
export function serializeScan(
  file: number | null,
  folder: string,
  { data }: SimulatorContext,
): string | null {
  const name = data.files.get(file)?.name;
  return name === undefined ? null : `/private-media/127/${folder}/${name}`;
}

/** Another record inside an answer: its id and name. */
export function serializeName(row: { id: number; name: string | null } | undefined) {
  return row ? { id: row.id, name: row.name } : null;
}
