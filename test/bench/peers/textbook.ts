import DataLoader from "dataloader";
import { Agent, request } from "undici";

/*
 * The bench's queries with conventional resolvers: one DataLoader per resource and request, one call per record, and a
 * Map that caches Alma's parsed answers for 15 minutes. A record is loaded once where its fields are needed, and the
 * rooms of a request are grouped once.
 */
const url = process.env.ALMA_URL ?? "";
const dispatcher = new Agent({ connections: 32 });

interface Row {
  readonly id: number;
  readonly [field: string]: unknown;
}

const maxAge = 15 * 60_000;
const answers = new Map<string, { readonly value: Promise<unknown>; readonly at: number }>();

async function read(path: string): Promise<unknown> {
  const { body } = await request(`${url}${path}/`, { dispatcher, headers: { "Api-Key": "bench" } });
  return body.json();
}

function get<T>(path: string): Promise<T> {
  const kept = answers.get(path);
  if (kept && performance.now() - kept.at < maxAge) return kept.value as Promise<T>;
  const value = read(path);
  answers.set(path, { value, at: performance.now() });
  value.catch(() => answers.delete(path));
  return value as Promise<T>;
}

const loader = (path: string) =>
  new DataLoader((ids: readonly number[]) => Promise.all(ids.map((id) => get<Row>(`${path}/${id}`))));

/** The context of one request. Own properties only, since Yoga copies them. */
export class Loaders {
  readonly unit = loader("realty/units");
  readonly room = loader("realty/rooms");
  readonly building = loader("realty/buildings");
  readonly client = loader("realty/clients");
  readonly contract = loader("realty/contracts/tenant_contracts");
  units: Promise<Set<number>> | undefined;
  rooms: Promise<ReadonlyMap<number, readonly Row[]>> | undefined;

  readonly rentalObject = async (id: number): Promise<Row> => {
    this.units ??= get<Row[]>("realty/units").then((rows) => new Set(rows.map((row) => row.id)));
    return (await this.units).has(id) ? this.unit.load(id) : this.room.load(id);
  };

  /** Groups the rooms by unit once per request. */
  readonly roomsOf = async (unit: number): Promise<readonly Row[]> => {
    this.rooms ??= get<Row[]>("realty/rooms").then(async (rows) => {
      const byUnit = new Map<number, Row[]>();
      for (const row of await this.room.loadMany(rows.map((row) => row.id))) {
        if (row instanceof Error) continue;
        const { id } = row.parent_unit as { id: number };
        const rooms = byUnit.get(id);
        if (rooms) rooms.push(row);
        else byUnit.set(id, [row]);
      }
      return byUnit;
    });
    return (await this.rooms).get(unit) ?? [];
  };
}

export const typeDefs = `
  type Query { units(first: Int): Units unit(ref: Ref): Unit tenantContracts(first: Int): Contracts }
  input Ref { externalId: String }
  type Units { nodes: [Unit] } type Rooms { nodes: [Room] } type Contracts { nodes: [Contract] }
  type Unit { name: String header: String externalId: String number: String building: Building rooms(first: Int): Rooms }
  type Building { id: ID name: String address: String }
  type Room { name: String propertyType: Choice }
  type Choice { value: String }
  type Contract { startDate: String endDate: String price: String client: Client rentalObject: RentalObject }
  type Client { firstName: String lastName: String }
  type RentalObject { name: String building: Building }`;

interface Usage {
  readonly unit_id: number;
  readonly client_id: number;
}
interface Args {
  readonly first: number;
  readonly ref: { readonly externalId: string };
}
type Resolver = (parent: Row, args: Args, loaders: Loaders) => unknown;
const detail =
  (kind: "unit" | "building", field: string): Resolver =>
  async ({ id }, _args, loaders) =>
    (await loaders[kind].load(id))[field];

export const resolvers: Record<string, Record<string, Resolver>> = {
  Query: {
    units: async (_root, { first }) => ({ nodes: (await get<Row[]>("realty/units")).slice(0, first) }),
    unit: async (_root, { ref }, loaders) => {
      const row = await get<Row>(`realty/units/external_id/${ref.externalId}`);
      loaders.unit.prime(row.id, row);
      return row;
    },
    tenantContracts: async (_root, { first }, { contract }) => {
      const rows = await get<Row[]>("realty/contracts/tenant_contracts");
      return { nodes: await contract.loadMany(rows.slice(0, first).map((row) => row.id)) };
    },
  },
  Unit: {
    externalId: (row) => row.external_id,
    number: detail("unit", "number"),
    building: async (row, _args, loaders) => row.building ?? (await loaders.unit.load(row.id)).building,
    rooms: async ({ id }, _args, loaders) => ({ nodes: await loaders.roomsOf(id) }),
  },
  Building: { address: detail("building", "address") },
  Room: { propertyType: (row) => row.property_type },
  Contract: {
    startDate: (row) => row.start_date,
    endDate: (row) => row.end_date,
    client: (row, _args, { client }) => client.load((row.unit_usage as Usage).client_id),
    rentalObject: (row, _args, loaders) => loaders.rentalObject((row.unit_usage as Usage).unit_id),
  },
  Client: { firstName: (row) => row.first_name, lastName: (row) => row.last_name },
};
