import type { Random } from "../store/random.ts";
import type { Building, Room, Unit } from "../store/record.ts";
import type { Data } from "../store/store.ts";
import type { Area } from "./area.ts";

/** How a unit is let: by rooms, as a whole with an additional Bitrix id, or as a whole without one. */
export type Letting = "sharing" | "whole" | "plain";

/** Adds a unit to a building. `number` is its index among all units. */
export function addUnit(
  data: Data,
  building: Building,
  area: Area,
  letting: Letting,
  number: number,
  random: Random,
) {
  const position = data.units.by("building", building.id).length;
  const floor = 1 + Math.floor(position / 8);
  const doorNumber = `${floor}${String((position % 8) + 1).padStart(2, "0")}`;
  const isStudio = letting === "plain";
  const bedrooms = isStudio ? 1 : letting === "sharing" ? random.int(2, 4) : random.int(1, 3);
  const size = isStudio ? random.int(380, 560) : 420 + bedrooms * random.int(280, 420);
  const name = `${building.name} ${doorNumber}`;
  return data.units.insert({
    external_id: String(10_000 + number),
    additional_external_id: letting === "whole" ? String(300_000 + number) : "",
    is_used_additional_external_id: letting === "whole",
    name: name,
    header: random.chance(0.06) ? "" : name,
    building: building.id,
    property_type: isStudio ? "studio" : "apartment",
    number: doorNumber,
    internal_area: size,
    total_buildable_area: size,
    photos: random.chance(0.3) ? createPhotos(data, random.int(1, 3)) : [],
    goal_rent_cost: randomRent((isStudio ? 5200 : 3600 + bedrooms * 2900) * area.rentFactor, random),
    address: random.chance(0.05) ? "" : `${building.address}, ${area.name}`,
    address_number: building.number,
    number_of_bedrooms: bedrooms,
    number_of_baths: isStudio ? 1 : Math.max(1, bedrooms - random.int(0, 1)),
    parking: random.pick(["not_applicable", "not_applicable", "covered", "uncovered"]),
    is_swimming_pool: random.chance(0.6),
    covered_verandas: random.chance(0.1) ? random.int(6, 18) : null,
    storage: random.chance(0.1) ? random.int(2, 6) : null,
    floor: random.chance(0.1) ? null : String(floor),
    internet_login: random.chance(0.7) ? `home${10_000 + number}` : "",
    internet_password: random.chance(0.7) ? randomCode(random, 10) : "",
    subway_station: random.pick(area.stations),
    parking_number: random.chance(0.3) ? `P${random.int(1, 4)}-${random.int(1, 220)}` : "",
    keybox_code: random.chance(0.4) ? String(random.int(1000, 9999)) : null,
    electronic_lock_password: random.chance(0.5) ? String(random.int(100_000, 99_999_999)) : null,
  });
}

/** Adds a room, or a bed in a shared room, to a sharing unit. `number` is its index among all rooms. */
export function addRoom(data: Data, unit: Unit, number: number, random: Random): Room {
  const position = data.rooms.by("parent_unit", unit.id).length + 1;
  const isBunk = position > (unit.number_of_bedrooms ?? 1) || (position > 1 && random.chance(0.2));
  const name = isBunk ? `Bed${position}` : String(position);
  return data.rooms.insert({
    external_id: String(200_000 + number),
    name,
    header: random.chance(0.06) ? "" : `${unit.name} / ${name}`,
    parent_unit: unit.id,
    property_type: isBunk ? "bunk" : "room",
    number: random.chance(0.2) ? "" : `${unit.number}-${position}`,
    internal_area: isBunk ? 0 : random.int(110, 210),
    photos: random.chance(0.2) ? createPhotos(data, 1) : [],
    goal_rent_cost: randomRent((unit.goal_rent_cost ?? 0) * (isBunk ? 0.16 : 0.38), random),
    keybox_code: random.chance(0.2) ? String(random.int(1000, 9999)) : null,
    electronic_lock_password: random.chance(0.4) ? String(random.int(100_000, 999_999)) : null,
  });
}

/** A monthly rent in dirhams near `base`, sometimes with fils. */
function randomRent(base: number, random: Random): number {
  const full = Math.round((base * (0.9 + random.next() * 0.2)) / 50) * 50;
  return random.chance(0.1) ? full + 0.5 : full;
}

function createPhotos(data: Data, count: number) {
  return Array.from({ length: count }, () => {
    const id = data.photoIds.take();
    return { id, url: `/media/127/photos/${id}/photo_${id}.jpg` };
  });
}

function randomCode(random: Random, length: number): string {
  const characters = "abcdefghjkmnpqrstuvwxyz23456789";
  return Array.from({ length }, () => random.pick([...characters])).join("");
}
