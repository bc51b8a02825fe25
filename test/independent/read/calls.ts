import type { RoomRow, TenantContractRow, UnitRow, World } from "../alma/world.ts";
import { amountOf } from "./group-arithmetic.ts";

/** A query, its maximum cost when cold, and its answer computed from the data. */
export interface Row {
  readonly name: string;
  readonly query: string;
  readonly calls: number;
  readonly answer: unknown;
  /** Its cost when all data is older than a named record may be. */
  readonly warm: number;
}

/** The queries of the calls table and similar ones, with their costs and answers for a world's data. */
export function rowsOf(world: World): Row[] {
  const units = [...world.units.values()].reverse();
  const rooms = [...world.rooms.values()].reverse();
  const contracts = [...world.tenant_contracts.values()].reverse();

  const page = (nodes: readonly unknown[]) => ({ nodes });
  const building = (id: number | null) => world.buildings.get(id ?? 0);
  const under = (unit: UnitRow): RoomRow[] => rooms.filter((room) => room.parent_unit === unit.id);
  const object = (contract: TenantContractRow): UnitRow | RoomRow | undefined => {
    const id = contract.usage?.unit ?? 0;
    return world.units.get(id) ?? world.rooms.get(id);
  };
  const distinct = (values: readonly unknown[]): number => new Set(values).size;

  const hundred = units.slice(0, 100);
  const one = units[7] as UnitRow;
  const room = rooms[3] as RoomRow;
  const crowded = building(one.building);
  const inBuilding = units.filter((unit) => unit.building === crowded?.id);
  const fifty = [...units.slice(20, 45), ...rooms.slice(50, 75)];

  return [
    {
      name: "names of all units",
      query: `{ units(first: 10000) { nodes { name header externalId } totalCount } }`,
      calls: 1,
      warm: 0,
      answer: {
        units: {
          nodes: units.map(({ name, header, external_id }) => ({ name, header, externalId: external_id })),
          totalCount: units.length,
        },
      },
    },
    {
      name: "a unit by its Bitrix id with its building's name",
      query: `{ unit(ref: { externalId: "${one.external_id}" }) { almaId building { name } } }`,
      calls: 1,
      warm: 1,
      answer: { unit: { almaId: one.id, building: { name: crowded?.name } } },
    },
    {
      name: "a unit by id with its building's address",
      query: `{ unit(ref: { id: "Unit:${one.id}" }) { building { address } } }`,
      calls: 2,
      warm: 2,
      answer: { unit: { building: { address: crowded?.address } } },
    },
    {
      name: "100 units with their building's name",
      query: `{ units(first: 100) { nodes { number building { id name } } } }`,
      calls: 1 + 100,
      warm: 0,
      answer: {
        units: page(
          hundred.map(({ number, building: id }) => ({
            number,
            building: { id: `Building:${id}`, name: building(id)?.name },
          })),
        ),
      },
    },
    {
      name: "a room with its unit's name",
      query: `{ room(ref: { almaId: ${room.id} }) { unit { name header } } }`,
      calls: 1,
      warm: 1,
      answer: {
        room: {
          unit: {
            name: world.units.get(room.parent_unit ?? 0)?.name,
            header: world.units.get(room.parent_unit ?? 0)?.header,
          },
        },
      },
    },
    {
      name: "the same unit five times",
      query: `{ a: unit(ref: { almaId: ${one.id} }) { number } b: unit(ref: { id: "Unit:${one.id}" }) { number }
      c: unit(ref: { externalId: "${one.external_id}" }) { number } d: node(id: "Unit:${one.id}") { ... on Unit { number } }
      e: unit(ref: { externalId: "${one.external_id}" }) { number } }`,
      calls: 2,
      warm: 2,
      answer: Object.fromEntries([..."abcde"].map((alias) => [alias, { number: one.number }])),
    },
    {
      name: "the units of a building",
      query: `{ building(ref: { almaId: ${crowded?.id} }) { units(first: 10000) { nodes { name } } } }`,
      calls: 2 + units.length,
      warm: 1,
      answer: { building: { units: page(inBuilding.map(({ name }) => ({ name }))) } },
    },
    {
      name: "100 units with their building's address and all their rooms",
      query: `{ units(first: 100) { nodes { building { address } rooms(first: 10000) { nodes { name propertyType { value } } } } } }`,
      calls: 1 + 100 + distinct(hundred.map((unit) => unit.building)) + 1 + rooms.length,
      warm: 0,
      answer: {
        units: page(
          hundred.map((unit) => ({
            building: { address: building(unit.building)?.address },
            rooms: page(
              under(unit).map(({ name, property_type }) => ({
                name,
                propertyType: { value: property_type },
              })),
            ),
          })),
        ),
      },
    },
    {
      name: "every tenant contract with its client, object and building",
      query: `{ tenantContracts(first: 10000) { nodes { startDate endDate price client { firstName lastName }
      rentalObject { name building { name } } } } }`,
      calls: 1 + contracts.length + 1 + 1 + distinct(contracts.map((contract) => contract.usage?.unit)),
      warm: 0,
      answer: {
        tenantContracts: page(
          contracts.map((contract) => {
            const client = world.clients.get(contract.usage?.client ?? 0);
            const rented = object(contract);
            return {
              startDate: contract.start_date,
              endDate: contract.end_date,
              price: contract.price,
              client: { firstName: client?.first_name, lastName: client?.last_name },
              rentalObject: { name: rented?.name, building: { name: building(rented?.building ?? 0)?.name } },
            };
          }),
        ),
      },
    },
    {
      name: "names of 50 nodes, units and rooms",
      query: `{ nodes(ids: ${JSON.stringify(fifty.map((row) => `${"parent_unit" in row ? "Room" : "Unit"}:${row.id}`))}) {
      ... on Unit { name } ... on Room { name } } }`,
      calls: 2,
      warm: 2,
      answer: { nodes: fifty.map(({ name }) => ({ name })) },
    },
    {
      name: "a rental object by its Bitrix id",
      query: `{ rentalObject(ref: { externalId: "${room.external_id}" }) { id number ... on Room { unit { id } } } }`,
      calls: 2,
      warm: 2,
      answer: {
        rentalObject: {
          id: `Room:${room.id}`,
          number: room.number,
          unit: { id: `Unit:${room.parent_unit}` },
        },
      },
    },
    {
      name: "a rental object by an Alma id of unknown kind",
      query: `{ rentalObject(ref: { almaId: ${room.id} }) { __typename name } }`,
      calls: 2,
      warm: 1,
      answer: { rentalObject: { __typename: "Room", name: room.name } },
    },
    {
      name: "filtered and ordered by fields of the details",
      query: `{ units(filter: { status: { eq: "rented" }, goalRentCost: { gte: "1500" } }, first: 7,
      orderBy: [{ field: GOAL_RENT_COST, direction: DESC }]) { totalCount nodes { almaId goalRentCost } } }`,
      calls: 1 + units.length,
      warm: 0,
      answer: (() => {
        const kept = units.filter((unit) => unit.status === "rented" && Number(unit.goal_rent_cost) >= 1500);
        kept.sort((a, b) => Number(b.goal_rent_cost) - Number(a.goal_rent_cost) || b.id - a.id);
        const nodes = kept
          .slice(0, 7)
          .map((unit) => ({ almaId: unit.id, goalRentCost: amountOf(unit.goal_rent_cost ?? 0) }));
        return { units: { totalCount: kept.length, nodes } };
      })(),
    },
    {
      name: "filtered and ordered by fields of the list",
      query: `{ clients(filter: { status: { eq: "active" }, firstName: { contains: "FIRST 10" } }, first: 5,
      orderBy: [{ field: EXTERNAL_ID }]) { nodes { email } } }`,
      calls: 1,
      warm: 0,
      answer: {
        clients: page(
          [...world.clients.values()]
            .filter(({ status, first_name }) => status === "active" && first_name?.includes("First 10"))
            .slice(0, 5)
            .map(({ email }) => ({ email })),
        ),
      },
    },
    {
      name: "from a room up to its building and down again",
      query: `{ rooms(first: 2) { nodes { building { name units(first: 3) { nodes { header building { name } } } } } } }`,
      calls: 1 + 2 + 1 + units.length,
      warm: 0,
      answer: {
        rooms: page(
          rooms.slice(0, 2).map((one) => ({
            building: {
              name: building(one.building)?.name,
              units: page(
                units
                  .filter((unit) => unit.building === one.building)
                  .slice(0, 3)
                  .map(({ header }) => ({ header, building: { name: building(one.building)?.name } })),
              ),
            },
          })),
        ),
      },
    },
    {
      name: "current contracts",
      query: `{ rooms(first: 30) { nodes { currentTenantContract(on: "2023-05-01") { almaId client { email } } } } }`,
      calls: 1 + 1 + contracts.length + 1,
      warm: 0,
      answer: {
        rooms: page(
          rooms.slice(0, 30).map(({ id }) => {
            const day = "2023-05-01";
            const [current] = contracts
              .filter(({ usage, start_date, end_date }) => {
                const begun = start_date === null || start_date <= day;
                return (
                  usage?.unit === id && !usage.is_archived && begun && (end_date === null || end_date >= day)
                );
              })
              .sort((a, b) => (b.start_date ?? "").localeCompare(a.start_date ?? "") || b.id - a.id);
            const email = world.clients.get(current?.usage?.client ?? 0)?.email;
            return { currentTenantContract: current ? { almaId: current.id, client: { email } } : null };
          }),
        ),
      },
    },
  ];
}
