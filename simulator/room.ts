import { type Route, route, routesByBothIds } from "./http/route.ts";
import { archiveHandler } from "./rule/archive.ts";
import { blockHandler } from "./rule/block.ts";
import type { Fields } from "./rule/field.ts";
import { choice, filledText, nullableText, number, parentKey, text } from "./rule/field-type.ts";
import { photoList } from "./rule/photo.ts";
import { createHandlers, type Resource } from "./rule/resource.ts";
import {
  serializeChoice,
  serializeExternalId,
  serializeName,
  serializePhotos,
  serializeRent,
} from "./rule/serialize.ts";
import type { SimulatorContext } from "./store/context.ts";
import type { Room } from "./store/record.ts";

/** Alma: Units. */
export function routes(context: SimulatorContext): Route[] {
  const room = roomResource(context);
  const { list, create, read, update } = createHandlers(room, context);
  const archive = archiveHandler(room, context);
  const block = blockHandler(room, context);
  return [
    route("realty/rooms/", { GET: list, POST: create }),
    ...routesByBothIds("realty/rooms/", { GET: read, PATCH: update }),
    ...routesByBothIds("realty/rooms/", { PATCH: archive }, "archive/"),
    ...routesByBothIds("realty/rooms/", { PATCH: block }, "block/"),
  ];
}

const fields: Fields<Room> = {
  external_id: text(),
  goal_rent_cost: number(),
  name: filledText(),
  header: text(),
  internal_area: number(),
  photos: photoList("printed"),
  parent_unit: parentKey(["units"]),
  property_type: choice(["bunk", "room"]),
  number: text("optional"),
  keybox_code: nullableText("optional"),
  // Alma silently truncates longer passwords.
  electronic_lock_password: nullableText("optional", (password) => password.slice(0, 8)),
};

function roomResource(context: SimulatorContext): Resource<Room> {
  const { data, switches } = context;
  return {
    table: data.rooms,
    isHidden: (row) => row.is_archived,
    summary: ({ id, name, header, external_id }) => ({
      id,
      name,
      header: switches.listHeader === "empty" ? "" : header,
      external_id: serializeExternalId(external_id, switches),
    }),
    detail: (row) => {
      const unit = data.units.get(row.parent_unit);
      const building = data.buildings.get(unit?.building);
      return {
        id: row.id,
        external_id: serializeExternalId(row.external_id, switches),
        name: row.name,
        header: row.header,
        goal_rent_cost: serializeRent(row.goal_rent_cost, switches),
        parent_unit: unit
          ? {
              ...serializeName(unit),
              header: unit.header,
              external_id: serializeExternalId(unit.external_id, switches),
            }
          : null,
        building: serializeName(building),
        property_type: serializeChoice("property_type", row.property_type),
        number: row.number,
        internal_area: row.internal_area,
        status: row.status,
        project: serializeName(data.projects.get(building?.project)),
        is_archived: row.is_archived,
        photos: serializePhotos(row.photos, switches),
        keybox_code: row.keybox_code,
        electronic_lock_password: row.electronic_lock_password,
      };
    },
    fields,
  };
}
