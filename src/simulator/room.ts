import { bothForms, type Path, path } from "./answer.ts";
import { archiveHandler } from "./archive.ts";
import { blockHandler } from "./block.ts";
import type { Fields } from "./field.ts";
import { photoSet } from "./photo.ts";
import { printChoice, printExternalId, printName, printPhotos, printRent } from "./print.ts";
import type { Room } from "./record.ts";
import { type Kind, resource } from "./resource.ts";
import { choice, filledText, nullableText, number, parent, text } from "./value.ts";
import type { World } from "./world.ts";

/** Alma: Units. */
export function roomPaths(world: World): Path[] {
  const room = kind(world);
  const { list, create, read, update } = resource(room, world);
  const archive = archiveHandler(room, world);
  const block = blockHandler(room, world);
  return [
    path("realty/rooms/", { GET: list, POST: create }),
    ...bothForms("realty/rooms/", { GET: read, PATCH: update }),
    ...bothForms("realty/rooms/", { PATCH: archive }, "archive/"),
    ...bothForms("realty/rooms/", { PATCH: block }, "block/"),
  ];
}

const fields: Fields<Room> = {
  external_id: text(),
  goal_rent_cost: number(),
  name: filledText(),
  header: text(),
  internal_area: number(),
  photos: photoSet("printed"),
  parent_unit: parent(["units"]),
  property_type: choice(["bunk", "room"]),
  number: text("optional"),
  keybox_code: nullableText("optional"),
  // Longer ones are cut without a word.
  electronic_lock_password: nullableText("optional", (password) => password.slice(0, 8)),
};

function kind(world: World): Kind<Room> {
  const { data, switches } = world;
  return {
    table: data.rooms,
    hidden: (row) => row.is_archived,
    summary: ({ id, name, header, external_id }) => ({
      id,
      name,
      header: switches.listHeader === "empty" ? "" : header,
      external_id: printExternalId(external_id, switches),
    }),
    detail: (row) => {
      const unit = data.units.get(row.parent_unit);
      const building = data.buildings.get(unit?.building);
      return {
        id: row.id,
        external_id: printExternalId(row.external_id, switches),
        name: row.name,
        header: row.header,
        goal_rent_cost: printRent(row.goal_rent_cost, switches),
        parent_unit: unit
          ? {
              ...printName(unit),
              header: unit.header,
              external_id: printExternalId(unit.external_id, switches),
            }
          : null,
        building: printName(building),
        property_type: printChoice("property_type", row.property_type),
        number: row.number,
        internal_area: row.internal_area,
        status: row.status,
        project: printName(data.projects.get(building?.project)),
        is_archived: row.is_archived,
        photos: printPhotos(row.photos, switches),
        keybox_code: row.keybox_code,
        electronic_lock_password: row.electronic_lock_password,
      };
    },
    fields,
  };
}
