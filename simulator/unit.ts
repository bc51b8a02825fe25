import { ruleMessage } from "./http/message.ts";
import { ruleViolation } from "./http/refusal.ts";
import { type Route, route, routesByBothIds } from "./http/route.ts";
import { archiveHandler } from "./rule/archive.ts";
import { blockHandler } from "./rule/block.ts";
import type { Fields } from "./rule/field.ts";
import {
  boolean,
  choice,
  filledText,
  integer,
  nullableText,
  number,
  parentKey,
  scalar,
  text,
} from "./rule/field-type.ts";
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
import type { Unit } from "./store/record.ts";

/** Alma: Apartments. */
export function routes(context: SimulatorContext): Route[] {
  const unit = unitResource(context);
  const { list, create, read, update } = createHandlers(unit, context);
  const archive = archiveHandler(unit, context);
  const block = blockHandler(unit, context);
  return [
    route("realty/units/", { GET: list, POST: create }),
    ...routesByBothIds("realty/units/", { GET: read, PATCH: update }),
    ...routesByBothIds("realty/units/", { PATCH: archive }, "archive/"),
    ...routesByBothIds("realty/units/", { PATCH: block }, "block/"),
  ];
}

const propertyTypes = ["apartment", "studio", "detached_villa", "townhouse", "penthouse", "duplex"];
const parkingTypes = ["not_applicable", "covered", "uncovered"];

const fields: Fields<Unit> = {
  external_id: text(),
  additional_external_id: text(),
  is_used_additional_external_id: boolean(),
  name: filledText(),
  header: text(),
  building: parentKey(["buildings"]),
  property_type: choice(propertyTypes),
  number: text(),
  internal_area: number(),
  photos: photoList("known"),
  goal_rent_cost: number(),
  address: text(),
  number_of_bedrooms: integer("known"),
  number_of_baths: integer("known"),
  is_roof_garden: boolean("known"),
  parking: choice(parkingTypes),
  is_swimming_pool: boolean("known"),
  total_buildable_area: number("known"),
  floor: scalar(),
  internet_login: text(),
  internet_password: text(),
  subway_station: text(),
  parking_number: text(),
  keybox_code: nullableText(),
  // Alma silently truncates longer passwords.
  electronic_lock_password: nullableText("printed", (password) => password.slice(0, 8)),
};

function unitResource(context: SimulatorContext): Resource<Unit> {
  const { data, switches } = context;
  return {
    table: data.units,
    isHidden: (row) => row.is_archived,
    summary: ({ id, name, header, external_id }) => ({
      id,
      name,
      header: switches.listHeader === "empty" ? "" : header,
      external_id: serializeExternalId(external_id, switches),
    }),
    detail: (row) => {
      const building = data.buildings.get(row.building);
      return {
        id: row.id,
        external_id: serializeExternalId(row.external_id, switches),
        additional_external_id: row.additional_external_id,
        is_used_additional_external_id: row.is_used_additional_external_id,
        name: row.name,
        header: row.header,
        building: serializeName(building),
        property_type: serializeChoice("property_type", row.property_type),
        number: row.number,
        internal_area: row.internal_area,
        status: row.status,
        project: serializeName(data.projects.get(building?.project)),
        is_archived: row.is_archived,
        photos: serializePhotos(row.photos, switches),
        goal_rent_cost: serializeRent(row.goal_rent_cost, switches),
        address: row.address,
        address_number: row.address_number,
        number_of_bedrooms: row.number_of_bedrooms,
        number_of_baths: row.number_of_baths,
        is_roof_garden: row.is_roof_garden,
        parking: serializeChoice("parking_type", row.parking),
        plot: row.plot,
        is_swimming_pool: row.is_swimming_pool,
        covered_verandas: row.covered_verandas,
        uncovered_verandas: row.uncovered_verandas,
        lower_level: row.lower_level,
        storage: row.storage,
        total_buildable_area: row.total_buildable_area,
        floor: row.floor,
        internet_login: row.internet_login,
        internet_password: row.internet_password,
        subway_station: row.subway_station,
        parking_number: row.parking_number,
        keybox_code: row.keybox_code,
        electronic_lock_password: row.electronic_lock_password,
      };
    },
    fields,
    check(draft, before) {
      const { id, name, building } = { id: 0, ...before, ...draft };
      const duplicates = data.units
        .by("name", name ?? null)
        .filter((row) => row.building === building && row.id !== id);
      if (duplicates.length > 0) throw ruleViolation(ruleMessage.notUnique("name, building"));
    },
  };
}
