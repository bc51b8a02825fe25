import { bothForms, type Path, path } from "./answer.ts";
import { archiveHandler } from "./archive.ts";
import { blockHandler } from "./block.ts";
import type { Fields } from "./field.ts";
import { ruleMessage } from "./message.ts";
import { photoSet } from "./photo.ts";
import { printChoice, printExternalId, printName, printPhotos, printRent } from "./print.ts";
import type { Unit } from "./record.ts";
import { broken } from "./refusal.ts";
import { type Kind, resource } from "./resource.ts";
import { choice, filledText, flag, integer, nullableText, number, parent, scalar, text } from "./value.ts";
import type { World } from "./world.ts";

/** Alma: Apartments. */
export function unitPaths(world: World): Path[] {
  const unit = kind(world);
  const { list, create, read, update } = resource(unit, world);
  const archive = archiveHandler(unit, world);
  const block = blockHandler(unit, world);
  return [
    path("realty/units/", { GET: list, POST: create }),
    ...bothForms("realty/units/", { GET: read, PATCH: update }),
    ...bothForms("realty/units/", { PATCH: archive }, "archive/"),
    ...bothForms("realty/units/", { PATCH: block }, "block/"),
  ];
}

const types = ["apartment", "studio", "detached_villa", "townhouse", "penthouse", "duplex"];
const parkings = ["not_applicable", "covered", "uncovered"];

const fields: Fields<Unit> = {
  external_id: text(),
  additional_external_id: text(),
  is_used_additional_external_id: flag(),
  name: filledText(),
  header: text(),
  building: parent(["buildings"]),
  property_type: choice(types),
  number: text(),
  internal_area: number(),
  photos: photoSet("known"),
  goal_rent_cost: number(),
  address: text(),
  number_of_bedrooms: integer("known"),
  number_of_baths: integer("known"),
  is_roof_garden: flag("known"),
  parking: choice(parkings),
  is_swimming_pool: flag("known"),
  total_buildable_area: number("known"),
  floor: scalar(),
  internet_login: text(),
  internet_password: text(),
  subway_station: text(),
  parking_number: text(),
  keybox_code: nullableText(),
  // Longer ones are cut without a word.
  electronic_lock_password: nullableText("printed", (password) => password.slice(0, 8)),
};

function kind(world: World): Kind<Unit> {
  const { data, switches } = world;
  return {
    table: data.units,
    hidden: (row) => row.is_archived,
    summary: ({ id, name, header, external_id }) => ({
      id,
      name,
      header: switches.listHeader === "empty" ? "" : header,
      external_id: printExternalId(external_id, switches),
    }),
    detail: (row) => {
      const building = data.buildings.get(row.building);
      return {
        id: row.id,
        external_id: printExternalId(row.external_id, switches),
        additional_external_id: row.additional_external_id,
        is_used_additional_external_id: row.is_used_additional_external_id,
        name: row.name,
        header: row.header,
        building: printName(building),
        property_type: printChoice("property_type", row.property_type),
        number: row.number,
        internal_area: row.internal_area,
        status: row.status,
        project: printName(data.projects.get(building?.project)),
        is_archived: row.is_archived,
        photos: printPhotos(row.photos, switches),
        goal_rent_cost: printRent(row.goal_rent_cost, switches),
        address: row.address,
        address_number: row.address_number,
        number_of_bedrooms: row.number_of_bedrooms,
        number_of_baths: row.number_of_baths,
        is_roof_garden: row.is_roof_garden,
        parking: printChoice("parking_type", row.parking),
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
      const same = data.units
        .by("name", name ?? null)
        .filter((row) => row.building === building && row.id !== id);
      if (same.length > 0) throw broken(ruleMessage.notUnique("name, building"));
    },
  };
}
