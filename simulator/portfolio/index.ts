import { archive } from "../rule/archive.ts";
import { isActiveOrPlanned } from "../rule/occupancy.ts";
import { updateAllStatuses } from "../rule/status.ts";
import { addDays } from "../store/clock.ts";
import type { SimulatorContext } from "../store/context.ts";
import type { Random } from "../store/random.ts";
import type { Building, Client, Room, Unit } from "../store/record.ts";
import { type Area, abuDhabiAreas, buildingName, dubaiAreas } from "./area.ts";
import { addOwnerContract, addTenantContract } from "./contract.ts";
import { createPeriods } from "./period.ts";
import { createPerson } from "./person.ts";
import { addRoom, addUnit, type Letting } from "./rental.ts";
import type { Size } from "./size.ts";

/**
 * Fills empty tables with the portfolio of a fictional company, of exactly this size: mostly in Dubai; some units let
 * by rooms, others as a whole; contracts ended, active, about to end and planned; a few units archived.
 */
export function fillPortfolio(context: SimulatorContext, size: Size, random: Random): void {
  const sites = addBuildings(context, size, random);
  const rentals = addRentals(context, sites, size, random);
  const clients = addClients(context, size, random);
  const owners = clients.slice(0, Math.max(1, Math.floor(clients.length / 4)));
  // The newest clients have no contract yet.
  const newClientCount = Math.floor(clients.length / 40);
  const tenants = clients.length > 1 ? clients.slice(owners.length, clients.length - newClientCount) : owners;
  addOwnerContracts(context, owners, size.ownerContracts, random);
  addTenantContracts(context, rentals, tenants, size.tenantContracts, random);
  updateClientStatuses(context, clients);
  archiveSample(context);
  updateAllStatuses(context);
}

interface BuildingSite {
  readonly building: Building;
  readonly area: Area;
}

function addBuildings({ data }: SimulatorContext, { buildings }: Size, random: Random): BuildingSite[] {
  if (buildings === 0) return [];
  const city = data.projects.insert({ name: "Dubai" });
  const secondCity = buildings > 5 ? data.projects.insert({ name: "Abu Dhabi" }) : city;
  return Array.from({ length: buildings }, (_, index) => {
    const project = index % 8 === 5 ? secondCity : city;
    const area = project === city ? random.pick(dubaiAreas) : random.pick(abuDhabiAreas);
    const number = String(random.int(1, 180));
    const building = data.buildings.insert({
      name: buildingName(index),
      project: project.id,
      address: random.chance(0.05) ? "" : `${number} ${area.street}`,
      number: random.chance(0.1) ? "" : number,
      external_id: random.chance(0.3) ? "" : String(90_000 + index),
    });
    return { building, area };
  });
}

/** Adds units and rooms. Returns the rental objects of tenants: rooms of sharing units, and all other units. */
function addRentals(
  { data }: SimulatorContext,
  sites: readonly BuildingSite[],
  size: Size,
  random: Random,
): (Unit | Room)[] {
  const sharingCount = size.rooms === 0 ? 0 : Math.max(1, Math.min(size.units, Math.round(size.rooms / 3.5)));
  const sharingUnits: Unit[] = [];
  const rentals: (Unit | Room)[] = [];
  for (let index = 0; index < size.units; index += 1) {
    const { building, area } = sites[index % sites.length] as BuildingSite;
    // Sharing units are spread evenly.
    const isSharing = Math.floor(((index + 1) * sharingCount) / size.units) > sharingUnits.length;
    const letting: Letting = isSharing ? "sharing" : random.chance(0.7) ? "whole" : "plain";
    const unit = addUnit(data, building, area, letting, index, random);
    (isSharing ? sharingUnits : rentals).push(unit);
  }
  for (let index = 0; index < size.rooms; index += 1) {
    rentals.push(addRoom(data, sharingUnits[index % sharingUnits.length] as Unit, index, random));
  }
  return rentals.length > 0 ? rentals : sharingUnits;
}

function addClients({ data, clock }: SimulatorContext, { clients }: Size, random: Random): Client[] {
  return Array.from({ length: clients }, (_, index) =>
    data.clients.insert({
      ...createPerson(random, index + 1),
      external_id: random.chance(0.04) ? "" : String(500_000 + index),
      passport: random.chance(0.6) ? `P${random.int(1_000_000, 9_999_999)}` : "",
      id_number: random.chance(0.3) ? `784${random.int(1_000_000, 9_999_999)}` : "",
      passport_scan: random.chance(0.3) ? data.files.insert({ name: "passport.jpg" }).id : null,
      id_scan: random.chance(0.2) ? data.files.insert({ name: "id.jpg" }).id : null,
      birthday: random.chance(0.1) ? null : addDays(clock.today(), -random.int(21 * 365, 70 * 365)),
    }),
  );
}

function addOwnerContracts(
  { data, clock }: SimulatorContext,
  owners: readonly Client[],
  count: number,
  random: Random,
): void {
  const units = data.units.all().reverse();
  let number = 0;
  for (const [index, unit] of units.entries()) {
    const share = shareOf(count, index, units.length);
    let end = random.chance(0.9) ? random.int(60, 700) : random.int(-200, 40);
    for (let added = 0; added < share; added += 1) {
      const start = end - random.pick([364, 364, 729]);
      const period = { start: addDays(clock.today(), start), end: addDays(clock.today(), end) };
      addOwnerContract(
        data,
        unit,
        owners[(index * 7 + added) % owners.length] as Client,
        period,
        number,
        random,
      );
      number += 1;
      end = start - random.int(1, 30);
    }
  }
}

function addTenantContracts(
  { data, clock }: SimulatorContext,
  rentals: readonly (Unit | Room)[],
  tenants: readonly Client[],
  count: number,
  random: Random,
): void {
  let number = 0;
  for (const [index, object] of rentals.entries()) {
    for (const period of createPeriods(shareOf(count, index, rentals.length), clock.today(), random)) {
      const tenant = tenants[number % tenants.length] as Client;
      addTenantContract(data, object, tenant, period, number, random);
      number += 1;
    }
  }
}

/** The share of the element at `index` when `count` is divided among `total` elements as evenly as possible. */
function shareOf(count: number, index: number, total: number): number {
  return Math.floor(((index + 1) * count) / total) - Math.floor((index * count) / total);
}

/** Clients are active with an active or planned contract, inactive after the last, unconfirmed before the first. */
function updateClientStatuses({ data, clock }: SimulatorContext, clients: readonly Client[]): void {
  for (const { id } of clients) {
    const contracts = [
      ...data.ownerContracts.by("client_id", id),
      ...data.tenantContracts.by("client_id", id),
    ];
    const isLive = contracts.some((contract) => isActiveOrPlanned(contract, clock.today()));
    const status = isLive ? "active" : contracts.length > 0 ? "inactive" : "unconfirmed";
    data.clients.change(id, { status, has_app_access: isLive });
  }
}

/** Archives one unit of 40, with the usual cascade. */
function archiveSample(context: SimulatorContext): void {
  for (const [index, unit] of context.data.units.all().entries())
    if (index % 40 === 20) archive(unit.id, context);
}
