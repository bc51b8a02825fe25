import type { Data } from "../../../simulator/index.ts";
import type { Deal, Home, Person, Place, Portfolio } from "./portfolio.ts";

type Row = Readonly<Record<string, unknown>>;

/** Records in Alma, with Bitrix ids in place of Alma's ids as references. */
export interface AlmaRecords {
  readonly buildings: readonly Row[];
  readonly units: readonly Row[];
  readonly rooms: readonly Row[];
  readonly clients: readonly Row[];
  readonly ownerContracts: readonly Row[];
  readonly tenantContracts: readonly Row[];
}

/** The expected error codes of the invalid items of a portfolio and their dependents, by kind and Bitrix id. */
export function failuresOf({ homes, places, people, deals }: Portfolio): ReadonlyMap<string, string[]> {
  const failures = new Map<string, string[]>();
  for (const { id, broken } of homes)
    if (broken) failures.set(`APARTMENT ${id}`, [broken === "option" ? "UNKNOWN_OPTION" : "INVALID"]);
  for (const { id, home, broken } of places) {
    if (broken) failures.set(`UNIT ${id}`, [broken === "option" ? "UNKNOWN_OPTION" : "MISSING_LINK"]);
    else if (failures.has(`APARTMENT ${home}`)) failures.set(`UNIT ${id}`, ["PARENT_FAILED"]);
  }
  for (const { id, broken } of people) if (broken) failures.set(`CONTACT ${id}`, ["INVALID"]);
  for (const deal of deals) {
    const object = `${deal.kind === "owner" ? "APARTMENT" : "UNIT"} ${deal.on}`;
    const hasFailedParent =
      (deal.broken !== "elsewhere" && failures.has(object)) ||
      (deal.broken !== "noContact" && failures.has(`CONTACT ${deal.person}`));
    if (deal.broken === "date") failures.set(keyOf(deal), ["INVALID"]);
    else if (deal.broken === "option") failures.set(keyOf(deal), ["UNKNOWN_OPTION"]);
    else if (deal.broken)
      failures.set(keyOf(deal), ["MISSING_LINK", ...(hasFailedParent ? ["PARENT_FAILED"] : [])]);
    else if (hasFailedParent) failures.set(keyOf(deal), ["PARENT_FAILED"]);
  }
  return failures;
}

const keyOf = ({ kind, id }: Deal) => `${kind === "owner" ? "OWNER" : "TENANT"}_CONTRACT ${id}`;

/** Whether a Bitrix unit's apartment is let as a whole. */
export function isWhole({ homes }: Portfolio, { home }: Place): boolean {
  return homes.some(({ id, whole }) => id === home && whole);
}

/** The expected records of Alma after a sync of a portfolio. */
export function expectedRecordsOf(portfolio: Portfolio): AlmaRecords {
  const failures = failuresOf(portfolio);
  const { places, people, deals } = portfolio;
  const homes = portfolio.homes.filter(({ id }) => !failures.has(`APARTMENT ${id}`));
  const rooms = places.filter((place) => !failures.has(`UNIT ${place.id}`) && !isWhole(portfolio, place));
  // A contract completes its client even if its rental object is missing.
  const passports = new Map(
    deals
      .filter(({ broken }) => broken === undefined || broken === "elsewhere")
      .flatMap(({ person, passport }) => (passport === undefined ? [] : [[person, passport]])),
  );
  const contracts = (kind: Deal["kind"], particulars: (deal: Deal) => Row) =>
    deals
      .filter((deal) => deal.kind === kind && !failures.has(keyOf(deal)))
      .map((deal) => ({ ...contractRow(deal, portfolio), ...particulars(deal) }));
  return sorted({
    buildings: [...new Set(homes.map(({ building }) => building))].map((name) => ({ name })),
    units: homes.map((home) => unitRow(home, portfolio)),
    rooms: rooms.map(roomRow),
    clients: people
      .filter(({ id }) => !failures.has(`CONTACT ${id}`))
      .map((one) => clientRow(one, passports.get(one.id))),
    ownerContracts: contracts("owner", ({ scan, model }) => ({
      contract_with_client_scan: scan ?? null,
      work_model: model,
    })),
    tenantContracts: contracts("tenant", ({ scan, model, price }) => ({
      contract_scan: scan ?? null,
      type_contract: model,
      price: Number(price).toFixed(2),
    })),
  });
}

function unitRow(home: Home, { places }: Portfolio): Row {
  const attached = home.whole ? places.find((place) => place.home === home.id)?.id : undefined;
  return {
    external_id: `${home.id}`,
    additional_external_id: `${attached ?? ""}`,
    is_used_additional_external_id: home.whole,
    name: home.title,
    header: home.title,
    building: home.building,
    property_type: "apartment",
    number: `${home.id}`,
    internal_area: home.area,
    total_buildable_area: home.area,
    goal_rent_cost: Number(home.rent),
    address: "Marina Walk 7",
    number_of_bedrooms: home.bedrooms,
    number_of_baths: home.baths,
    is_swimming_pool: home.pool,
    parking: "not_applicable",
    floor: home.floor || null,
    internet_login: home.login,
    internet_password: home.password,
    electronic_lock_password: home.lock.slice(0, 8) || null,
    subway_station: home.station,
  };
}

const roomRow = (place: Place): Row => ({
  external_id: `${place.id}`,
  parent_unit: `${place.home}`,
  name: place.name,
  header: place.title,
  number: "1",
  property_type: place.bunk ? "bunk" : "room",
  goal_rent_cost: Number(place.rent),
  internal_area: 0,
});

const clientRow = (person: Person, passport: unknown): Row => ({
  external_id: `${person.id}`,
  first_name: person.first,
  last_name: `Haddad ${person.id}`,
  email: `contact-${person.id}@example.com`,
  phone: person.phone,
  birthday: person.birthday,
  country: 4,
  passport_scan: passport ?? null,
});

function contractRow({ id, kind, on, title, start, end, person }: Deal, portfolio: Portfolio): Row {
  const place = portfolio.places.find((one) => one.id === on);
  const home = kind === "owner" ? on : place && isWhole(portfolio, place) ? place.home : undefined;
  return {
    external_id: `${id}`,
    unit_id: home === undefined ? `room ${on}` : `unit ${home}`,
    client_id: `${person}`,
    name: title,
    start_date: start,
    end_date: end,
  };
}

/** Alma's records, with only the fields of `like`. */
export function actualRecords(data: Data, { like }: { readonly like: AlmaRecords }): AlmaRecords {
  const { units, rooms, clients, buildings, files } = data;
  const objectOf = (id: number) =>
    units.get(id) ? `unit ${units.get(id)?.external_id}` : `room ${rooms.get(id)?.external_id}`;
  const fileOf = (id: number | null) => (id === null ? null : files.get(id)?.name);
  const contract = (row: { readonly unit_id: number; readonly client_id: number }) => ({
    unit_id: objectOf(row.unit_id),
    client_id: clients.get(row.client_id)?.external_id,
  });
  const all: AlmaRecords = {
    buildings: buildings.all().map(({ name }) => ({ name })),
    units: units.all().map((row) => ({ ...row, building: buildings.get(row.building)?.name })),
    rooms: rooms.all().map((row) => ({ ...row, parent_unit: units.get(row.parent_unit)?.external_id })),
    clients: clients.all().map((row) => ({ ...row, passport_scan: fileOf(row.passport_scan) })),
    ownerContracts: data.ownerContracts.all().map((row) => ({
      ...row,
      ...contract(row),
      contract_with_client_scan: fileOf(row.contract_with_client_scan),
    })),
    tenantContracts: data.tenantContracts.all().map((row) => ({
      ...row,
      ...contract(row),
      contract_scan: fileOf(row.contract_scan),
    })),
  };
  return sorted(all, like);
}

/** Sorts records and picks the fields of `like`. */
function sorted(expectedRecords: AlmaRecords, like: AlmaRecords = expectedRecords): AlmaRecords {
  const entries = Object.entries(expectedRecords).map(([kind, rows]: [string, readonly Row[]]) => {
    const [shape = {}] = like[kind as keyof AlmaRecords];
    const cut = rows.map((row) => Object.fromEntries(Object.keys(shape).map((field) => [field, row[field]])));
    return [kind, cut.sort((a, b) => sortKey(a).localeCompare(sortKey(b)))];
  });
  return Object.fromEntries(entries) as AlmaRecords;
}

const sortKey = ({ external_id, name }: Row) => `${external_id ?? ""} ${name}`;
